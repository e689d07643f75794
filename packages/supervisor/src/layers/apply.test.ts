import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { mount, unmount } from '@drydock/linux/mount';
import { getXattr } from '@drydock/linux/xattr';
import { digestOf } from '@drydock/oci/digest';
import t, { type Test } from 'tap';
import { type EntryInput, tar, temporaryDirectory } from '../test-fixtures.ts';
import { applyLayer } from './apply.ts';

const bind = (source: string) => [{ type: 'bind', source, target: '', options: ['rw', 'rbind'] }];

/** A directory with an empty `root` in it, the archive beside it, and a file outside that nothing may touch. */
function scene(test: Test, archive: Buffer) {
  const base = temporaryDirectory(test);
  const root = join(base, 'root');
  mkdirSync(root);
  writeFileSync(join(base, 'outside'), 'untouched');
  writeFileSync(join(base, 'layer'), archive);
  return { base, root, apply: () => applyLayer(join(base, 'layer'), bind(root)) };
}

t.test('files with all that belongs to them', async (t) => {
  const { root, apply } = scene(
    t,
    tar(
      { path: 'bin', type: 'directory', mode: 0o755, modified: { seconds: 5, nanos: 6 } },
      { path: 'bin/su', data: 'program', mode: 0o4755, uid: 1, gid: 2, modified: { seconds: 7, nanos: 8 } },
      {
        path: 'bin/hard',
        type: 'link',
        target: 'bin/su',
        mode: 0o4755,
        uid: 1,
        gid: 2,
        modified: { seconds: 7, nanos: 8 },
      },
      { path: 'bin/soft', type: 'symlink', target: '/nowhere', uid: 3, modified: { seconds: 9, nanos: 0 } },
      { path: 'null', type: 'character', device: { major: 1, minor: 3 }, mode: 0o666 },
      { path: 'pipe', type: 'fifo', mode: 0o600 },
      { path: 'deep/down/file', data: 'x' },
      { path: 'attr', xattrs: new Map([['user.a', Buffer.from('b')]]) },
    ),
  );
  await apply();
  const stat = (name: string) => lstatSync(join(root, name), { bigint: true });
  t.match(stat('bin/su'), { uid: 1n, gid: 2n, nlink: 2n, mtimeNs: 7_000_000_008n });
  t.equal(Number(stat('bin/su').mode) & 0o7777, 0o4755);
  t.equal(stat('bin/hard').ino, stat('bin/su').ino);
  t.equal(readlinkSync(join(root, 'bin/soft')), '/nowhere');
  t.match(stat('bin/soft'), { uid: 3n, mtimeNs: 9_000_000_000n });
  t.equal(stat('bin').mtimeNs, 5_000_000_006n, 'a directory has its own time, though files were written into it');
  t.ok(stat('null').isCharacterDevice());
  t.equal(stat('null').rdev, 0x103n);
  t.ok(stat('pipe').isFIFO());
  t.equal(Number(stat('deep/down').mode) & 0o777, 0o755, 'parents that the archive implies are made');
  t.equal(Buffer.from(getXattr(join(root, 'attr'), 'user.a')!).toString(), 'b');
});

t.test('compressed or not, the digest is that of the plain stream', async (t) => {
  const plain = tar({ path: 'file', data: 'x'.repeat(100_000) });
  for (const pack of [(data: Buffer) => data, gzipSync, zstdCompressSync]) {
    const { apply, root } = scene(t, Buffer.from(pack(plain)));
    t.same(await apply(), { digest: digestOf(plain), size: plain.length });
    t.equal(readFileSync(join(root, 'file'), 'utf8').length, 100_000);
  }
});

t.test('entries that would leave the root end up inside', async (t) => {
  const escapes: [string, EntryInput[], string | undefined][] = [
    ['dots', [{ path: '../outside', data: 'evil' }], 'outside'],
    ['dots in the middle', [{ path: 'a/../../../outside', data: 'evil' }], 'outside'],
    ['absolute', [{ path: '/etc/outside', data: 'evil' }], 'etc/outside'],
    [
      'through a link',
      [
        { path: 'l', type: 'symlink', target: '..' },
        { path: 'l/outside', data: 'evil' },
      ],
      'outside',
    ],
    [
      'through an absolute link',
      [
        { path: 'l', type: 'symlink', target: '/' },
        { path: 'l/outside', data: 'evil' },
      ],
      'outside',
    ],
    [
      'through a chain',
      [
        { path: 'a', type: 'symlink', target: '../..' },
        { path: 'b', type: 'symlink', target: 'a' },
        { path: 'b/outside', data: 'evil' },
      ],
      'outside',
    ],
  ];
  for (const [name, entries, inside] of escapes) {
    const { base, root, apply } = scene(t, tar(...entries));
    await apply();
    t.equal(readFileSync(join(base, 'outside'), 'utf8'), 'untouched', name);
    if (inside !== undefined) t.equal(readFileSync(join(root, inside), 'utf8'), 'evil', `${name}: inside`);
  }
});

t.test('a file over a link replaces the link, not what it leads to', async (t) => {
  const { base, root, apply } = scene(t, tar({ path: 'l', data: 'new' }));
  symlinkSync(join(base, 'outside'), join(root, 'l'));
  await apply();
  t.equal(readFileSync(join(root, 'l'), 'utf8'), 'new');
  t.equal(readFileSync(join(base, 'outside'), 'utf8'), 'untouched');
});

t.test('a hard link cannot reach outside', async (t) => {
  for (const target of ['../outside', '/outside', 'l/outside']) {
    const { root, apply } = scene(
      t,
      tar({ path: 'l', type: 'symlink', target: '..' }, { path: 'stolen', type: 'link', target }),
    );
    await t.rejects(apply(), { message: `link ${join(root, 'stolen')}: no such file or directory` });
    t.same(readdirSync(root), [], 'nothing is left');
  }
});

t.test('what is there is replaced, a directory is kept', async (t) => {
  const { root, apply } = scene(
    t,
    tar(
      { path: 'kept', type: 'directory', mode: 0o700 },
      { path: 'file', type: 'directory' },
      { path: 'directory', data: 'now a file' },
    ),
  );
  mkdirSync(join(root, 'kept'));
  writeFileSync(join(root, 'kept/content'), '');
  writeFileSync(join(root, 'file'), '');
  mkdirSync(join(root, 'directory/full'), { recursive: true });
  await apply();
  t.ok(existsSync(join(root, 'kept/content')));
  t.equal(lstatSync(join(root, 'kept')).mode & 0o777, 0o700);
  t.ok(lstatSync(join(root, 'file')).isDirectory());
  t.equal(readFileSync(join(root, 'directory'), 'utf8'), 'now a file');
});

t.test('whiteouts remove from a directory that holds the layers below', async (t) => {
  const { root, apply } = scene(
    t,
    tar({ path: '.wh.gone' }, { path: 'opaque/new', data: 'n' }, { path: 'opaque/.wh..wh..opq' }),
  );
  writeFileSync(join(root, 'gone'), '');
  writeFileSync(join(root, 'stays'), '');
  mkdirSync(join(root, 'opaque'));
  writeFileSync(join(root, 'opaque/old'), '');
  await apply();
  t.same(readdirSync(root).sort(), ['opaque', 'stays']);
  t.same(readdirSync(join(root, 'opaque')), ['new']);
});

t.test('in an upper directory of overlayfs, whiteouts are its own', async (t) => {
  const base = temporaryDirectory(t);
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => join(base, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const directory of [lower, upper, work, merged]) mkdirSync(directory);
  mkdirSync(join(lower, 'dir/sub'), { recursive: true, mode: 0o711 });
  for (const file of ['gone', 'stays', 'dir/hidden']) writeFileSync(join(lower, file), '');
  const layer = tar({ path: '.wh.gone' }, { path: 'dir/.wh..wh..opq' }, { path: 'dir/sub/new', data: 'n' });
  writeFileSync(join(base, 'layer'), layer);
  const spec = {
    type: 'overlay',
    source: 'overlay',
    target: '',
    options: [`workdir=${work}`, `upperdir=${upper}`, `lowerdir=${lower}`],
  };
  await applyLayer(join(base, 'layer'), [spec]);
  t.ok(lstatSync(join(upper, 'gone')).isCharacterDevice());
  t.equal(lstatSync(join(upper, 'dir/sub')).mode & 0o777, 0o711, 'an implied parent is like the one below');
  mount(spec, merged);
  t.teardown(() => unmount(merged));
  t.same(readdirSync(merged).sort(), ['dir', 'stays']);
  t.same(readdirSync(join(merged, 'dir')), ['sub']);
});

t.test('a whiteout cannot name a directory above', async (t) => {
  for (const path of ['a/.wh..', 'a/.wh...', 'a/.wh.']) {
    const { root, apply } = scene(t, tar({ path }));
    await t.rejects(apply(), { message: `invalid whiteout name: ${path}` });
    t.same(readdirSync(root), []);
  }
});

t.test('a broken layer leaves nothing', async (t) => {
  const whole = tar({ path: 'a', data: 'a' }, { path: 'b', data: 'b'.repeat(10_000) });
  const broken = {
    'cut off': whole.subarray(0, 5000),
    'no archive': Buffer.alloc(1024, 1),
    'bad gzip': gzipSync(whole).subarray(0, 60),
  };
  for (const [name, archive] of Object.entries(broken)) {
    const { root, apply } = scene(t, archive);
    await t.rejects(apply(), name);
    t.same(readdirSync(root), [], name);
  }
});

t.test('a full disk is reported with the file that did not fit', async (t) => {
  const { root, apply } = scene(t, tar({ path: 'small', data: 's' }, { path: 'dir/big', data: 'b'.repeat(3_000_000) }));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', root]);
  t.teardown(() => unmount(root));
  await t.rejects(apply(), { message: `write ${join(root, 'dir/big')}: no space left on device` });
  t.same(readdirSync(root), [], 'the space is free again');
});
