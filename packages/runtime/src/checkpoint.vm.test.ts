/** Containers that are written to files and made again, by criu on a kernel that it knows. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type DraftSpec, Sandbox, unable } from './testing/sandbox.ts';

const refuses = spawnSync('criu', ['check'], { timeout: 60_000, encoding: 'utf8' });
const noCriu = refuses.status !== 0 && `criu refuses this machine: ${refuses.stderr?.split('\n')[0] ?? refuses.error}`;

/** Counts in memory and in a file of its own tmpfs. */
const counting = (spec: DraftSpec) => {
  spec.process.args = ['sh', '-c', 'n=0; while true; do n=$((n + 1)); echo $n > /dev/shm/count; sleep 0.05; done'];
};

t.test('checkpoint and restore', { skip: unable || noCriu }, async (t) => {
  const sandbox = new Sandbox();
  t.teardown(() => sandbox.remove());
  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  // A file of the host as standard output is nothing that criu could find again.
  const start = (bundle: string, id: string) => sandbox.run(['run', '-d', '-b', bundle, id], { stdio: 'ignore' });
  const count = (id: string) => Number(sandbox.run(['exec', id, 'cat', '/dev/shm/count']).stdout);
  const paths = (name: string) => ({
    images: join(sandbox.directory, `${name}-images`),
    work: join(sandbox.directory, `${name}-work`),
  });
  const log = (file: string) => {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    return lines.filter((line) => /Error|Warn/.test(line)).join('\n');
  };

  await t.test('the container goes on where it was', async (t) => {
    const id = sandbox.id();
    const bundle = sandbox.bundle(counting);
    const { images, work } = paths('first');
    t.equal(start(bundle, id).code, 0);
    await pause(1500);
    const before = count(id);
    t.ok(before > 0);
    const dump = sandbox.run(['checkpoint', '--image-path', images, '--work-path', work, id]);
    t.match(dump, { code: 0, stderr: '' }, log(join(work, 'dump.log')));
    t.equal(sandbox.status(id), 'absent', 'it is gone');
    t.ok(readdirSync(images).some((name) => name.startsWith('core-')));
    const pidFile = join(sandbox.directory, 'restored.pid');
    const words = ['--image-path', images, '--work-path', work, '--pid-file', pidFile, '-b', bundle, '-d', id];
    t.match(sandbox.run(['restore', ...words]), { code: 0, stderr: '' }, log(join(work, 'restore.log')));
    t.equal(sandbox.status(id), 'running');
    const { pid } = JSON.parse(sandbox.run(['state', id]).stdout);
    t.equal(Number(readFileSync(pidFile, 'utf8')), pid);
    await pause(500);
    t.ok(count(id) >= before, `${count(id)} after ${before}`);
    t.equal(sandbox.run(['pause', id]).code, 0, 'its cgroup is its own again');
    t.equal(sandbox.status(id), 'paused');
    t.equal(sandbox.run(['resume', id]).code, 0);
    t.equal(sandbox.run(['delete', '--force', id]).code, 0);
    t.same(sandbox.leftovers(), []);
  });

  await t.test('left running, and dumped before', async (t) => {
    const id = sandbox.id();
    const bundle = sandbox.bundle(counting);
    const { images, work } = paths('second');
    t.equal(start(bundle, id).code, 0);
    const parent = join(images, 'parent');
    const pre = sandbox.run(['checkpoint', '--pre-dump', '--image-path', parent, '--work-path', work, id]);
    t.match(pre, { code: 0 }, log(join(work, 'dump.log')));
    t.equal(sandbox.status(id), 'running');
    const flags = ['--parent-path', 'parent', '--image-path', images, '--work-path', work, '--leave-running'];
    t.match(sandbox.run(['checkpoint', ...flags, id]), { code: 0 }, log(join(work, 'dump.log')));
    t.equal(sandbox.status(id), 'running');
    t.equal(sandbox.run(['delete', '--force', id]).code, 0);
    const again = sandbox.id();
    const words = ['--image-path', images, '--work-path', work, '-b', bundle, '-d', again];
    t.match(sandbox.run(['restore', ...words]), { code: 0, stderr: '' }, log(join(work, 'restore.log')));
    t.equal(sandbox.status(again), 'running', 'under another name');
    t.equal(sandbox.run(['ps', '-f', 'json', again]).stdout.split(',').length, 2, 'and in a cgroup of that name');
    t.equal(sandbox.run(['delete', '--force', again]).code, 0);
  });

  await t.test('a bind mount, a paused container, runc takes over', async (t) => {
    const id = sandbox.id();
    const bundle = sandbox.bundle((spec) => {
      counting(spec);
      spec.mounts!.push({ destination: '/mnt', type: 'bind', source: sandbox.rootfs, options: ['bind', 'ro'] });
    });
    const { images, work } = paths('third');
    const runc = sandbox.as(['runc'], sandbox.root);
    t.equal(start(bundle, id).code, 0);
    t.equal(sandbox.run(['pause', id]).code, 0);
    const dump = sandbox.run(['checkpoint', '--image-path', images, '--work-path', work, id]);
    t.match(dump, { code: 0 }, log(join(work, 'dump.log')));
    const words = ['restore', '--image-path', images, '--work-path', work, '-b', bundle, '-d', id];
    t.match(
      runc.run(words),
      { code: 0 },
      `runc restores what this runtime has dumped\n${log(join(work, 'restore.log'))}`,
    );
    const again = paths('fourth');
    const theirs = ['checkpoint', '--image-path', again.images, '--work-path', again.work, id];
    t.match(runc.run(theirs), { code: 0 }, log(join(again.work, 'dump.log')));
    const back = ['restore', '--image-path', again.images, '--work-path', again.work, '-b', bundle, '-d', id];
    t.match(sandbox.run(back), { code: 0 }, `and the other way round\n${log(join(again.work, 'restore.log'))}`);
    t.match(sandbox.run(['exec', id, 'ls', '/mnt']).stdout, /^bin\n/);
    t.equal(sandbox.run(['delete', '--force', id]).code, 0);
    t.same(sandbox.leftovers(), []);
  });

  await t.test('in a scope of systemd', { skip: !existsSync('/run/systemd/system') && 'needs systemd' }, async (t) => {
    const id = sandbox.id();
    const { images, work } = paths('sixth');
    const bundle = sandbox.bundle((spec) => {
      counting(spec);
      spec.linux.cgroupsPath = `system.slice:drydock:${id}`;
    });
    const run = sandbox.run(['--systemd-cgroup', 'run', '-d', '-b', bundle, id], { stdio: 'ignore' });
    t.equal(run.code, 0);
    const dump = ['--systemd-cgroup', 'checkpoint', '--image-path', images, '--work-path', work, id];
    t.match(sandbox.run(dump), { code: 0, stderr: '' }, log(join(work, 'dump.log')));
    const words = ['restore', '--image-path', images, '--work-path', work, '-b', bundle, '-d', id];
    t.match(sandbox.run(['--systemd-cgroup', ...words]), { code: 0, stderr: '' }, log(join(work, 'restore.log')));
    const { pid } = JSON.parse(sandbox.run(['state', id]).stdout);
    t.match(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), new RegExp(`/system.slice/drydock-${id}\\.scope\n$`));
    t.equal(sandbox.run(['delete', '--force', id]).code, 0);
    t.same(sandbox.leftovers(), []);
  });

  await t.test('in the foreground', async (t) => {
    const id = sandbox.id();
    const { images, work } = paths('fifth');
    const bundle = sandbox.bundle((spec) => {
      spec.process.args = ['sh', '-c', 'sleep 3; exit 7'];
    });
    t.equal(start(bundle, id).code, 0);
    t.match(sandbox.run(['checkpoint', '--image-path', images, '--work-path', work, id]), { code: 0 });
    const words = ['--image-path', images, '--work-path', work, '-b', bundle, id];
    t.equal(sandbox.run(['restore', ...words]).code, 7, 'its exit code is that of restore');
    t.equal(sandbox.status(id), 'absent');
    t.same(sandbox.leftovers(), []);
  });
});
