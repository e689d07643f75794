import t from 'tap';
import { parseShimAddress } from './shim-address.ts';

t.test('what start may print', async (t) => {
  t.match(parseShimAddress('unix:///run/s/1'), { path: '/run/s/1', version: 2 });
  t.match(parseShimAddress('/containerd-shim/x.sock@'), { path: '\0/containerd-shim/x.sock@', version: 2 });
  const json = (version: number, protocol: string) => JSON.stringify({ version, address: 'unix:///s', protocol });
  t.match(parseShimAddress(json(2, 'ttrpc')), { path: '/s', version: 2 });
  t.match(parseShimAddress(json(3, '')), { path: '/s', version: 3 });
  t.throws(() => parseShimAddress(json(4, 'ttrpc')), { message: 'unsupported shim version (4): not implemented' });
  t.throws(() => parseShimAddress(json(3, 'grpc')), { message: 'unsupported protocol: "grpc": not implemented' });
  t.match(parseShimAddress('{"half'), { path: '\0{"half' }, 'no JSON: a name, at which nobody will be');
});
