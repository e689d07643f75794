/**
 * SIGKILL to the engine, to the supervisor, and to both, with ten containers running, one of which ends meanwhile: after
 * the restart everything is as if nothing had happened.
 */
import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { commandLine, docker, leftovers, run, until } from '../support/run.ts';
import { busyboxArchive, makeDirectory, type Stack, startOurs } from '../support/stacks.ts';

/** Prints a number, waits for a file, prints the next; c0 ends by itself after four seconds. */
const counting = 'i=0; while sleep 0.2; do i=$((i+1)); echo line $i; done';

for (const victims of [['engine'], ['supervisor'], ['engine', 'supervisor']]) {
  t.test(`kill -9 of ${victims.join(' and ')}`, async (t) => {
    const directory = makeDirectory('kill');
    let ours = await startOurs({ directory });
    await docker(ours, ['load', '-i', busyboxArchive()]);
    await docker(ours, ['run', '-d', '--name', 'c0', 'busybox', 'sh', '-c', 'echo begin; sleep 4; echo end; exit 42']);
    for (let index = 1; index < 10; index += 1)
      t.equal((await docker(ours, ['run', '-d', '--name', `c${index}`, 'busybox', 'sh', '-c', counting])).code, 0);

    const supervisor = await supervisorOf(ours);
    if (victims.includes('engine')) process.kill(ours.pid, 'SIGKILL');
    if (victims.includes('supervisor')) process.kill(supervisor, 'SIGKILL');
    await sleep(5000);
    if (victims.includes('engine')) ours = await startOurs({ directory });
    await until(
      'the engine answers for its containers',
      async () => (await docker(ours, ['exec', 'c1', 'true'])).code === 0,
    );

    await until('the end of c0 is known', async () => (await status(ours, 'c0')) === 'exited 42');
    t.equal((await docker(ours, ['logs', 'c0'])).stdout, 'begin\nend\n', 'its log is complete');
    t.equal((await docker(ours, ['wait', 'c0'])).stdout, '42\n');
    const listed = (await docker(ours, ['ps', '-a', '--format', '{{.Names}} {{.State}}'])).stdout
      .trim()
      .split('\n')
      .sort();
    t.same(listed, ['c0 exited', ...Array.from({ length: 9 }, (_, index) => `c${index + 1} running`)]);
    for (let index = 1; index < 10; index += 1) {
      t.equal((await docker(ours, ['exec', `c${index}`, 'echo', 'alive'])).stdout, 'alive\n');
      const lines = (await docker(ours, ['logs', `c${index}`])).stdout.trim().split('\n');
      t.ok(lines.length > 15, `c${index} has gone on writing: ${lines.length} lines`);
      t.same(
        lines,
        lines.map((_, number) => `line ${number + 1}`),
        'no line is missing, none is there twice',
      );
    }
    t.equal((await docker(ours, ['run', '--rm', 'busybox', 'echo', 'new'])).stdout, 'new\n', 'new containers run');
    const names = Array.from({ length: 10 }, (_, index) => `c${index}`);
    t.equal((await docker(ours, ['rm', '-f', ...names])).code, 0);
    await ours.stop();
    await until('nothing is left', () => leftovers(directory).length === 0);
    t.same(leftovers(directory), []);
    rmSync(directory, { recursive: true });
  });
}

async function status(stack: Stack, name: string): Promise<string> {
  return (await docker(stack, ['inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', name])).stdout.trim();
}

async function supervisorOf(stack: Stack): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(stack.pid)]);
  const pid = stdout
    .split('\n')
    .map(Number)
    .find((child) => child > 0 && commandLine(child).includes('supervisor'));
  if (pid === undefined)
    throw new Error(`the engine has no supervisor:\n${readFileSync(`/proc/${stack.pid}/status`, 'utf8')}`);
  return pid;
}
