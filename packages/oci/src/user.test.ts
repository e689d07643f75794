import t from 'tap';
import { resolveUser } from './user.ts';

const files: Record<string, string> = {
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n# a comment\nbob:x:1000:1000:Bob:/home:/bin/sh\n',
  '/etc/group': 'root:x:0:root\nwheel:x:10:bob,root\nbob:x:1000:\nextra:x:1234:\n',
};
const read = async (path: string) => files[path];
const resolve = (text: string, additional: string[] = []) => resolveUser(text, additional, read);

t.test('users by name and number', async (t) => {
  t.same(await resolve(''), { uid: 0, gid: 0, additionalGids: [0, 10] });
  t.same(await resolve('bob'), { uid: 1000, gid: 1000, additionalGids: [1000, 10] });
  t.same(await resolve('1000'), { uid: 1000, gid: 1000, additionalGids: [1000, 10] });
  t.same(await resolve('4242'), { uid: 4242, gid: 0, additionalGids: [0] });
  t.same(await resolve('bob:extra'), { uid: 1000, gid: 1234, additionalGids: [1234] });
  t.same(await resolve('bob:77', ['extra', '5']), { uid: 1000, gid: 77, additionalGids: [77, 1234, 5] });
});

t.test('unknown names', async (t) => {
  await t.rejects(resolve('eve'), { message: 'unable to find user eve: no matching entries in passwd file' });
  await t.rejects(resolve('bob:none'), { message: 'unable to find group none: no matching entries in group file' });
  await t.rejects(resolve('bob', ['none']), {
    message: 'Unable to find group none: no matching entries in group file',
  });
  await t.rejects(resolve('4294967296'), { message: 'uids and gids must be in range 0-2147483647' });
  t.same(await resolveUser('7', [], async () => undefined), { uid: 7, gid: 0, additionalGids: [0] });
});
