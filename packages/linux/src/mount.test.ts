/** Options to flags, and a mount table with every kind of field. */
import t from 'tap';
import { MountFlag, parseMountOptions } from './mount.ts';
import { parseMountTable } from './mountinfo.ts';

t.test('options', async (t) => {
  t.same(parseMountOptions(['rbind', 'ro', 'lowerdir=/a:/b', 'index=off']), {
    flags: MountFlag.BIND | MountFlag.REC | MountFlag.RDONLY,
    data: 'lowerdir=/a:/b,index=off',
  });
  t.same(parseMountOptions(['ro', 'rw', 'nosuid']), { flags: MountFlag.NOSUID, data: '' });
});

t.test('mount table', async (t) => {
  const [entry] = parseMountTable(
    '36 35 98:0 /m\\040t /a\\011b rw,noatime shared:1 master:2 - ext3 /dev/root rw,errors=continue\n',
  );
  t.match(entry, {
    id: 36,
    parent: 35,
    device: '98:0',
    root: '/m t',
    mountPoint: '/a\tb',
    options: 'rw,noatime',
    tags: ['shared:1', 'master:2'],
    type: 'ext3',
    source: '/dev/root',
    superOptions: 'rw,errors=continue',
  });
});
