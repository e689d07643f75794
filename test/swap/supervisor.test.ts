/** Our supervisor runs containers with our shim on runc, and with containerd's own shim. */
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ctr, leftovers, until } from '../support/run.ts';
import { bin, busyboxArchive, makeDirectory } from '../support/stacks.ts';

const image = 'docker.io/library/busybox:latest';

for (const [name, flags, runFlags] of [
  ['our shim on runc', [], ['--runc-binary', '/usr/sbin/runc']],
  ["containerd's shim on runc", ['--shim', 'io.containerd.runc.v2=/usr/bin/containerd-shim-runc-v2'], []],
] as const) {
  t.test(name, async (t) => {
    const directory = makeDirectory('sup');
    const containerd = join(directory, 's.sock');
    const args = [
      '-a',
      containerd,
      '--root',
      join(directory, 'root'),
      '--state',
      join(directory, 'run/supervisor'),
      ...flags,
    ];
    const child = spawn(join(bin, 'drydock-supervisor'), args, { stdio: ['ignore', 'ignore', 'inherit'] });
    await until('the supervisor listens', () => existsSync(containerd));
    const stack = { containerd };
    await ctr(stack, ['images', 'import', busyboxArchive()]);
    const outcome = await ctr(stack, ['run', '--rm', ...runFlags, image, 'c1', 'sh', '-c', 'echo out; exit 3']);
    t.match(outcome, { code: 3, stdout: 'out\n' });
    await ctr(stack, ['run', '-d', ...runFlags, image, 'c2', 'sleep', '100']);
    t.match(await ctr(stack, ['tasks', 'exec', '--exec-id', 'e', 'c2', 'sh', '-c', 'exit 4']), { code: 4 });
    await ctr(stack, ['tasks', 'rm', '-f', 'c2']);
    await ctr(stack, ['containers', 'rm', 'c2']);
    t.equal(
      (await ctr(stack, ['snapshots', 'ls'])).stdout.split('\n').filter((line) => line.includes('Active')).length,
      0,
    );
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
    await until('the spare shim ends with its supervisor', () => leftovers(directory).length === 0);
    t.same(leftovers(directory), [], 'nothing is left');
    rmSync(directory, { recursive: true, force: true });
  });
}
