import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { tar, temporaryDirectory } from '../test-fixtures.ts';
import type { TarEntry } from './tar-entry.ts';
import { TarReader } from './tar-reader.ts';

interface Read {
  readonly entry: TarEntry;
  readonly data: string;
}

/** Reads an archive that comes in pieces of `step` bytes. */
function read(archive: Buffer, step = archive.length): Read[] {
  const found: Read[] = [];
  const chunks: Buffer[] = [];
  let entry: TarEntry | undefined;
  const reader = new TarReader({
    entry: (next) => {
      entry = next;
      chunks.length = 0;
    },
    data: (chunk) => chunks.push(Buffer.from(chunk)),
    end: () => found.push({ entry: entry!, data: Buffer.concat(chunks).toString('latin1') }),
  });
  for (let at = 0; at < archive.length; at += step) reader.push(archive.subarray(at, at + step));
  reader.finish();
  return found;
}

t.test('what the writer writes, in pieces of any size', (t) => {
  const capability = Buffer.from([1, 0, 0, 2, 0x80, 0xff, 0, 0, 0x3d, 0x0a]);
  const archive = tar(
    { path: 'd', type: 'directory', mode: 0o1777 },
    { path: 'd/file', data: 'x'.repeat(1500), uid: 3_000_000, gid: 7, modified: { seconds: 12, nanos: 345_000_000 } },
    { path: 'd/empty' },
    { path: 'link', type: 'symlink', target: 't'.repeat(150) },
    { path: `${'long/'.repeat(40)}name`, data: 'y', xattrs: new Map([['security.capability', capability]]) },
    { path: 'caf\xe9', data: 'not UTF-8' },
    { path: 'dev', type: 'block', device: { major: 8, minor: 300 } },
    { path: 'old', modified: { seconds: -5, nanos: 500_000_000 } },
  );
  for (const step of [1, 100, 512, 700, archive.length]) {
    const found = read(archive, step);
    t.same(
      found.map(({ entry }) => entry.path),
      ['d/', 'd/file', 'd/empty', 'link', `${'long/'.repeat(40)}name`, 'caf\xe9', 'dev', 'old'],
    );
    t.match(found[0]?.entry, { type: 'directory', mode: 0o1777 });
    t.match(found[1], {
      entry: { uid: 3_000_000, gid: 7, modified: { seconds: 12, nanos: 345_000_000 } },
      data: 'x'.repeat(1500),
    });
    t.match(found[3]?.entry, { type: 'symlink', target: 't'.repeat(150) });
    t.same(found[4]?.entry.xattrs.get('security.capability'), capability, 'binary values stay whole');
    t.match(found[6]?.entry.device, { major: 8, minor: 300 });
    t.match(found[7]?.entry.modified, { seconds: -5, nanos: 500_000_000 });
  }
  t.end();
});

t.test('what GNU tar writes, in each of its formats', (t) => {
  const directory = temporaryDirectory(t);
  const name = `${'n'.repeat(120)}.txt`;
  writeFileSync(join(directory, name), 'content');
  for (const format of ['gnu', 'pax', 'oldgnu']) {
    const archive = execFileSync('tar', [`--format=${format}`, '-C', directory, '-cf', '-', '.']);
    const file = read(archive).find(({ entry }) => entry.path.endsWith(name));
    t.match(file, { entry: { type: 'file', size: 7 }, data: 'content' }, format);
  }
  t.end();
});

t.test('what is no archive', (t) => {
  t.throws(() => read(Buffer.alloc(512, 'x')), { message: 'invalid tar header at byte 0' });
  const archive = tar({ path: 'file', data: 'x'.repeat(2000) });
  t.throws(() => read(archive.subarray(0, 1000)), { message: 'unexpected end of tar stream at byte 1000' });
  const bent = Buffer.from(archive);
  bent[200] = 1;
  t.throws(() => read(bent), { message: 'invalid tar header at byte 0' });
  t.same(read(Buffer.alloc(0)), []);
  t.end();
});
