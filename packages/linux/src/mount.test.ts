/** Options to flags, and a mount table with every kind of field. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { MountFlag, mount, parseMountOptions, unmountAll } from './mount.ts';
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

t.test(
  'more layers than fit in a page of options',
  { skip: process.getuid?.() !== 0 && 'mounting needs root' },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'drydock-mount-'));
    const layers = Array.from({ length: 120 }, (_, index) => join(directory, `snapshots/with/a/long/name/${index}/fs`));
    for (const [index, layer] of layers.entries()) {
      mkdirSync(layer, { recursive: true });
      writeFileSync(join(layer, `file${index}`), '');
    }
    const target = join(directory, 'merged');
    mkdirSync(target);
    mount({ type: 'overlay', source: 'overlay', options: [`lowerdir=${layers.join(':')}`] }, target);
    t.equal(readdirSync(target).length, 120);
    unmountAll(target);
    t.same(readdirSync(target), []);
    rmSync(directory, { recursive: true });
  },
);
