import { existsSync, lstatSync, mkdirSync, mkdtempSync, openSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { close, OpenFlag } from './files.ts';
import { openDirectoryInRoot, tryOpenInRoot } from './in-root.ts';

const base = mkdtempSync(join(tmpdir(), 'in-root-'));
t.teardown(() => rmSync(base, { recursive: true }));
const outside = join(base, 'outside');
const top = join(base, 'root');
mkdirSync(outside);
mkdirSync(join(top, 'usr/lib'), { recursive: true });
const root = openSync(top, OpenFlag.PATH | OpenFlag.DIRECTORY);

/** Where a directory that was resolved or made really is. */
function resolve(path: string): string {
  const descriptor = openDirectoryInRoot(root, path);
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } finally {
    close(descriptor);
  }
}

t.equal(resolve('usr/lib'), join(top, 'usr/lib'));
t.equal(resolve('/'), top);
t.equal(resolve(''), top);
t.equal(resolve('../../usr'), join(top, 'usr'), '.. stops at the root');
t.equal(resolve('a/b/../c'), join(top, 'a/c'), 'what is missing is made');
t.ok(existsSync(join(top, 'a/b')));

symlinkSync('usr/lib', join(top, 'lib'));
t.equal(resolve('lib/x'), join(top, 'usr/lib/x'), 'a link inside is followed');
t.equal(resolve('lib/../y'), join(top, 'usr/y'), '.. leaves the directory that the link leads to');

symlinkSync(outside, join(top, 'escape'));
t.equal(resolve('escape/in'), join(top, outside, 'in'), 'an absolute link is taken from the root');
t.notOk(existsSync(join(outside, 'in')));
symlinkSync('../../../../outside', join(top, 'climb'));
t.equal(resolve('climb/in'), join(top, 'outside/in'), 'a climbing link stops at the root');
t.notOk(existsSync(join(outside, 'in')));

symlinkSync('loop', join(top, 'loop'));
t.throws(() => resolve('loop/x'), { code: 'ELOOP' });
symlinkSync('/proc/self/root', join(top, 'magic'));
t.equal(resolve('magic/x'), join(top, 'proc/self/root/x'));

const made: string[] = [];
close(openDirectoryInRoot(root, 'p/q', { created: (path) => made.push(path) }));
t.same(made, ['/p', '/p/q']);
t.equal(lstatSync(join(top, 'p/q')).mode & 0o777, 0o755);
t.equal(tryOpenInRoot(root, 'none', OpenFlag.RDONLY), -2);
close(root);
