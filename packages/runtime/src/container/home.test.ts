import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { homeIn, homeOf } from './home.ts';

const directory = mkdtempSync(join(tmpdir(), 'drydock-home-'));
t.teardown(() => rmSync(directory, { recursive: true }));
const rootfs = join(directory, 'rootfs');
mkdirSync(join(rootfs, 'etc'), { recursive: true });
writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nbroken\nuser:x:1000:1000::/home/user:/bin/sh\n');

t.test('by number, / if unknown', async (t) => {
  t.equal(homeOf(1000, rootfs, []), '/home/user');
  t.equal(homeOf(7, rootfs, []), '/');
  t.equal(homeOf(0, join(directory, 'nosuch'), []), '/');
  t.equal(homeIn('a::::::\n', 0), '/', 'a line without a number is nobody');
});

t.test('in what will be mounted over it', async (t) => {
  const other = join(directory, 'other');
  writeFileSync(other, 'user:x:1000:1000::/mounted:/bin/sh\n');
  t.equal(homeOf(1000, rootfs, [{ destination: '/etc/passwd', type: 'bind', source: other }]), '/mounted');
  t.equal(homeOf(1000, rootfs, [{ destination: '/etc', type: 'tmpfs', source: 'tmpfs' }]), '/');
  t.equal(homeOf(1000, rootfs, [{ destination: '/etc', type: 'bind', source: other }]), '/', 'not a directory');
});

t.test('a link of the image does not lead out of it', async (t) => {
  const bent = join(directory, 'bent');
  mkdirSync(join(bent, 'etc'), { recursive: true });
  symlinkSync(join(rootfs, 'etc/passwd'), join(bent, 'etc/passwd'));
  t.equal(homeOf(1000, bent, []), '/');
});
