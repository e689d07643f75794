import t from 'tap';
import { endpointsOf } from './endpoint.ts';

const settings = { insecure: ['10.1.0.0/16', 'reg.test:5000'], mirrors: ['http://127.0.0.1:5055/'] };

t.test('endpoints', async (t) => {
  t.same(endpointsOf('127.0.0.1:5000', settings, 'pull'), [
    { urls: ['https://127.0.0.1:5000', 'http://127.0.0.1:5000'], insecure: true },
  ]);
  t.same(endpointsOf('ghcr.io', settings, 'pull'), [{ urls: ['https://ghcr.io'], insecure: false }]);
  t.ok(endpointsOf('10.1.2.3:80', settings, 'pull')[0]?.insecure);
  t.notOk(endpointsOf('10.2.2.3:80', settings, 'pull')[0]?.insecure);
  t.ok(endpointsOf('reg.test:5000', settings, 'pull')[0]?.insecure);
  t.same(
    endpointsOf('docker.io', settings, 'pull').map(({ urls }) => urls[0]),
    ['http://127.0.0.1:5055', 'https://registry-1.docker.io'],
  );
  t.equal(endpointsOf('docker.io', settings, 'push').length, 1);
});
