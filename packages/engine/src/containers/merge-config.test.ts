import t from 'tap';
import { check } from '../api/body.ts';
import { ContainerConfig } from '../api/schemas/container-config.ts';
import { mergeConfig } from './merge-config.ts';

const image = {
  Env: ['PATH=/bin', 'A=image'],
  Entrypoint: ['entry'],
  Cmd: ['command'],
  Labels: { a: 'image', b: 'image' },
  WorkingDir: '/work',
  User: 'bob',
  Volumes: { '/v': {} },
};
const merge = (own: object) => mergeConfig(check(own, ContainerConfig), image as never);

t.test('the container’s own word counts', async (t) => {
  t.match(merge({}), { Entrypoint: ['entry'], Cmd: ['command'], WorkingDir: '/work', User: 'bob' });
  t.match(merge({ Cmd: ['other'] }), { Entrypoint: ['entry'], Cmd: ['other'] });
  t.match(merge({ Entrypoint: ['mine'] }), { Entrypoint: ['mine'], Cmd: null });
  t.match(merge({ Entrypoint: [''], Cmd: ['x'] }), { Entrypoint: null, Cmd: ['x'] });
  t.same(merge({ Env: ['A=own', 'B=own'] }).Env, ['A=own', 'B=own', 'PATH=/bin']);
  t.same(merge({ Labels: { b: 'own' } }).Labels, { a: 'image', b: 'own' });
  t.same(Object.keys(merge({ Volumes: { '/w': {} } }).Volumes ?? {}), ['/v', '/w']);
});
