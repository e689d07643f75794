import t from 'tap';
import { check } from '../body.ts';
import { CreateBody } from './create.ts';

t.test('field names match in any case, null is absent, the unknown is ignored', async (t) => {
  const body = check(
    { image: 'busybox', CMD: 'true', hostconfig: { memory: 7, binds: null, Unknown: 1 }, x: 2 },
    CreateBody,
  );
  t.equal(body.Image, 'busybox');
  t.same(body.Cmd, ['true']);
  t.equal(body.HostConfig?.Memory, 7);
  t.equal(body.HostConfig?.Binds, null);
  t.equal(body.Env, null);
});

t.test('a wrong type is refused by the field’s name', async (t) => {
  t.throws(() => check({ HostConfig: { Memory: 'lots' } }, CreateBody), {
    message: 'json: cannot unmarshal string into Go struct field HostConfig.HostConfig.Memory of type int64',
  });
  t.throws(() => check({ Env: [1] }, CreateBody), {
    message: 'json: cannot unmarshal number into Go struct field ContainerConfigWrapper.Env of type string',
  });
});
