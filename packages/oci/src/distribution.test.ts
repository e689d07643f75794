import t from 'tap';
import { describeRegistryErrors, parseChallenge, RegistryErrors, TokenAnswer } from './distribution.ts';

t.test('challenges', async (t) => {
  t.same(parseChallenge('Bearer realm="https://a/token",service="reg",scope="repository:x:pull,push"'), {
    scheme: 'bearer',
    parameters: { realm: 'https://a/token', service: 'reg', scope: 'repository:x:pull,push' },
  });
  t.same(parseChallenge('Basic realm=basic-realm'), { scheme: 'basic', parameters: { realm: 'basic-realm' } });
  t.equal(parseChallenge('='), undefined);
});

t.test('errors and tokens', async (t) => {
  const errors = RegistryErrors.parse({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] });
  t.equal(describeRegistryErrors(errors), 'manifest unknown: manifest unknown');
  t.same(TokenAnswer.parse({ access_token: 'x' }), { token: 'x', expiresIn: 60 });
});
