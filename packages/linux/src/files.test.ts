import { lstatSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import * as files from './files.ts';
import { getXattr, listXattrs, pathAt, setXattr } from './xattr.ts';

const base = mkdtempSync(join(tmpdir(), 'files-'));
const directory = openSync(base, files.OpenFlag.PATH | files.OpenFlag.DIRECTORY);
t.teardown(() => {
  files.close(directory);
  rmSync(base, { recursive: true });
});

const file = files.openAt(directory, 'file', files.OpenFlag.WRONLY | files.OpenFlag.CREAT | files.OpenFlag.EXCL, 0o600);
writeFileSync(file, 'text');
files.close(file);
t.throws(() => files.openAt(directory, 'none', files.OpenFlag.RDONLY), { code: 'ENOENT', op: 'open none' });
files.linkAt(directory, 'file', directory, 'second');
t.equal(readFileSync(join(base, 'second'), 'utf8'), 'text');

files.chownAt(directory, 'file', 12, 34);
files.chmodAt(directory, 'file', 0o4755);
files.setTimesAt(directory, 'file', { seconds: 1, nanos: 2 }, { seconds: -5, nanos: 999_999_999 });
const stat = lstatSync(join(base, 'file'), { bigint: true });
t.match(stat, { uid: 12n, gid: 34n, nlink: 2n, atimeNs: 1_000_000_002n, mtimeNs: -4_000_000_001n });
t.equal(Number(stat.mode) & 0o7777, 0o4755);

files.symlinkAt('nowhere', directory, 'link');
files.chownAt(directory, 'link', 5, 6);
t.match(lstatSync(join(base, 'link')), { uid: 5, gid: 6 });
t.equal(files.readlinkAt(directory, 'link'), 'nowhere');
t.equal(files.readlinkAt(directory, 'file'), undefined);

files.mknodAt(directory, 'device', files.FileType.character | 0o600, { major: 259, minor: 70000 });
t.equal(lstatSync(join(base, 'device')).rdev, (70000 & 0xff) | (259 << 8) | ((70000 & ~0xff) << 12));
files.unlinkAt(directory, 'device');

setXattr(pathAt(directory, 'file'), 'user.a', Buffer.from('value'));
setXattr(pathAt(directory, 'file'), 'user.empty', Buffer.alloc(0));
t.equal(Buffer.from(getXattr(join(base, 'file'), 'user.a')!).toString(), 'value');
t.equal(getXattr(join(base, 'file'), 'user.b'), undefined);
t.same([...listXattrs(join(base, 'file')).keys()].sort(), ['user.a', 'user.empty']);
