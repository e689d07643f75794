import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import {
  exists,
  fileStatus,
  fileStatusIfPresent,
  listDirectory,
  makeDirectories,
  Open,
  readBytes,
  readText,
  readTextIfPresent,
  removeEmptyDirectory,
  removeFile,
  rename,
  writeExisting,
  writeFile,
} from './disk.ts';

const directory = mkdtempSync(join(tmpdir(), 'drydock-disk-'));
t.teardown(() => rmSync(directory, { recursive: true }));
const at = (name: string) => join(directory, name);

t.test('files are written and read whole', async (t) => {
  const large = Buffer.alloc(100_000, 'abc');
  writeFile(at('large'), large);
  t.same(readBytes(at('large')), large);
  t.equal(statSync(at('large')).mode & 0o777, 0o600);
  writeFile(at('text'), 'ä\n', Open.exclusive, 0o644);
  t.equal(readText(at('text')), 'ä\n');
  t.throws(() => writeFile(at('text'), '', Open.exclusive), { op: `open ${at('text')}`, code: 'EEXIST' });
  writeFile(at('text'), 'more', Open.append);
  t.equal(readFileSync(at('text'), 'utf8'), 'ä\nmore');
  t.throws(() => writeExisting(at('nosuch'), 'x'), { code: 'ENOENT' });
  t.equal(readTextIfPresent(at('nosuch')), undefined);
  t.equal(readTextIfPresent(at('text/below')), undefined);
});

t.test('directories', async (t) => {
  t.equal(makeDirectories(at('a/b/c')), true);
  t.equal(makeDirectories(at('a/b/c')), false);
  t.throws(() => makeDirectories(at('text/x')), { op: `mkdir ${at('text/x')}`, code: 'ENOTDIR' });
  t.same(listDirectory(directory), ['a/', 'large', 'text']);
  t.throws(() => removeEmptyDirectory(at('a/b')), { code: 'ENOTEMPTY' });
  t.equal(removeEmptyDirectory(at('a/b/c')), true);
  t.equal(removeEmptyDirectory(at('a/b/c')), false);
  rename(at('large'), at('small'));
  t.equal(removeFile(at('small')), true);
  t.equal(removeFile(at('small')), false);
});

t.test('the status of files', async (t) => {
  mkdirSync(at('dir'), { mode: 0o750 });
  symlinkSync('dir', at('link'));
  t.match(fileStatus(at('dir')), { type: 'directory', permissions: 0o750, uid: process.getuid?.() });
  t.equal(fileStatus(at('link')).type, 'directory');
  t.equal(fileStatus(at('link'), { follow: false }).type, 'link');
  t.match(fileStatus('/dev/null'), { type: 'character', device: { major: 1, minor: 3 } });
  t.throws(() => fileStatus(at('nosuch')), { op: `stat ${at('nosuch')}`, code: 'ENOENT' });
  t.equal(fileStatusIfPresent(at('nosuch')), undefined);
  t.equal(exists(at('dir')), true);
  t.equal(exists(at('nosuch')), false);
});
