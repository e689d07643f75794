import t from 'tap';
import { hostsOf } from './hosts.ts';

const settings = { insecure: ['10.1.0.0/16', 'reg.test:5000'], mirrors: ['http://127.0.0.1:5055/'] };
const urls = (domain: string, purpose: 'pull' | 'push' = 'pull') =>
  hostsOf(domain, settings, purpose).map(({ url }) => url);

t.test('hosts', async (t) => {
  t.same(urls('127.0.0.1:5000'), ['https://127.0.0.1:5000/v2', 'http://127.0.0.1:5000/v2']);
  t.same(urls('ghcr.io'), ['https://ghcr.io/v2']);
  t.equal(urls('10.1.2.3:80').length, 2);
  t.equal(urls('10.2.2.3:80').length, 1);
  t.equal(urls('reg.test:5000').length, 2);
  t.same(urls('docker.io'), ['http://127.0.0.1:5055/v2', 'https://registry-1.docker.io/v2']);
  t.same(urls('docker.io', 'push'), ['https://registry-1.docker.io/v2']);
});
