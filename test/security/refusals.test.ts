/** Images and configurations that try to get out (CVE numbers are those of runc's advisories). */
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type DraftSpec, Sandbox, unable } from '../../packages/runtime/src/testing/sandbox.ts';

t.test('an image does not get out', { skip: unable }, async (t) => {
  const sandbox = new Sandbox();
  t.teardown(() => sandbox.remove());
  const host = join(sandbox.directory, 'host');
  mkdirSync(host);
  const refused = (edit: (spec: DraftSpec) => void) => {
    const result = sandbox.run(['create', '-b', sandbox.bundle(edit), sandbox.id()]);
    t.equal(result.code, 1);
    return result.stderr;
  };
  /** A name in the image that leads somewhere else while the test runs. */
  const bend = (name: string, target: string, action: () => void) => {
    const path = join(sandbox.rootfs, name);
    const saved = existsSync(path);
    if (saved) rmSync(path, { recursive: true });
    symlinkSync(target, path);
    action();
    rmSync(path);
    if (saved) mkdirSync(path);
  };

  await t.test('no executable of the host is behind /proc/PID/exe (CVE-2019-5736)', async (t) => {
    const id = sandbox.id();
    const pidFile = join(sandbox.directory, 'pid');
    sandbox.run(['create', '-b', sandbox.bundle(), '--pid-file', pidFile, id]);
    const exe = `/proc/${readFileSync(pidFile, 'utf8')}/exe`;
    t.match(readlinkSync(exe), /^\/memfd:drydock-runtime/);
    t.throws(() => openSync(exe, 'r+'), 'and what is there cannot be written');
    sandbox.run(['delete', id]);
    writeFileSync(join(sandbox.rootfs, 'self'), '#!/proc/self/exe\n', { mode: 0o755 });
    const { code } = sandbox.run([
      'run',
      '-b',
      sandbox.bundle((spec) => (spec.process.args = ['/self'])),
      sandbox.id(),
    ]);
    t.not(code, 0);
  });

  await t.test('/proc and /sys must be directories (CVE-2019-19921, CVE-2023-27561)', async (t) => {
    bend('proc', '/etc', () =>
      t.match(
        refused(() => {}),
        /filesystem "proc" must be mounted on ordinary directory\n$/,
      ),
    );
    bend('sys', '/etc', () =>
      t.match(
        refused(() => {}),
        /filesystem "sysfs" must be mounted on ordinary directory\n$/,
      ),
    );
  });

  await t.test('no link leads a mount into /proc (CVE-2019-16884)', async (t) => {
    bend('p', '/proc', () =>
      t.match(
        refused((spec) => spec.mounts!.push({ destination: '/p/self', type: 'bind', source: host, options: ['bind'] })),
        /cannot be mounted because it leads to \/proc/,
      ),
    );
  });

  await t.test('mount points are made inside the root (CVE-2021-30465, CVE-2024-45310)', async (t) => {
    bend('out', `../../../../../../../..${host}`, () => {
      const mount = { destination: '/out/made', type: 'tmpfs', source: 'tmpfs', options: [] };
      sandbox.run(['run', '-b', sandbox.script('true', (spec) => spec.mounts!.push(mount)), sandbox.id()]);
      t.same(readdirSync(host), []);
    });
  });

  await t.test('devices are made inside the root (CVE-2026-41579)', async (t) => {
    const noDev = (spec: DraftSpec) => {
      spec.mounts = spec.mounts!.filter(({ destination }) => !destination?.startsWith('/dev'));
    };
    bend('dev', host, () => {
      sandbox.run(['run', '-b', sandbox.script('true', noDev), sandbox.id()]);
      t.same(readdirSync(host), []);
    });
  });

  await t.test('no descriptor is a working directory (CVE-2024-21626)', async (t) => {
    for (let descriptor = 3; descriptor < 12; descriptor++)
      t.match(
        refused((spec) => (spec.process.cwd = `/proc/self/fd/${descriptor}`)),
        /mkdir \/proc\/self\/fd\/\d+: /,
      );
    const id = sandbox.id();
    sandbox.run(['run', '-d', '-b', sandbox.bundle((spec) => (spec.process.args = ['sleep', '100'])), id]);
    for (let descriptor = 3; descriptor < 12; descriptor++) {
      const { code, stderr } = sandbox.run(['exec', '--cwd', `/proc/self/fd/${descriptor}`, id, 'pwd']);
      t.match({ code, stderr }, { code: 255, stderr: /chdir to cwd/ });
    }
    sandbox.run(['delete', '--force', id]);
  });

  await t.test('what masks is the null device (CVE-2025-31133)', async (t) => {
    const fake = (spec: DraftSpec) => {
      spec.mounts = spec.mounts!.filter(({ destination }) => !destination?.startsWith('/dev'));
    };
    const path = join(sandbox.rootfs, 'dev/null');
    symlinkSync('/etc/passwd', path);
    t.match(refused(fake), /\/dev\/null is no null device/);
    rmSync(join(sandbox.rootfs, 'dev'), { recursive: true });
    mkdirSync(join(sandbox.rootfs, 'dev'));
  });

  await t.test('an exec has no inheritable capabilities, and shares no keyring', async (t) => {
    const id = sandbox.id();
    sandbox.run(['run', '-d', '-b', sandbox.bundle((spec) => (spec.process.args = ['sleep', '100'])), id]);
    const { stdout } = sandbox.run([
      'exec',
      '--cap',
      'CAP_CHOWN',
      id,
      'grep',
      '-E',
      'CapInh|CapAmb',
      '/proc/self/status',
    ]);
    t.equal(stdout, 'CapInh:\t0000000000000000\nCapAmb:\t0000000000000000\n');
    sandbox.run(['delete', '--force', id]);
  });

  t.same(sandbox.leftovers(), []);
});
