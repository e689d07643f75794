/** A supervisor that is killed and started again finds everything, whoever's shim holds the containers. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentOf } from '@drydock/linux/process';
import t from 'tap';
import {
  builtShim,
  busyboxArchive,
  image,
  leftovers,
  makeDirectory,
  missingPeers,
  realShim,
  removeStack,
  type Stack,
  startOurs,
  until,
} from './test-stacks.ts';

const shims = { "containerd's shim": realShim, 'our shim': builtShim };

for (const [name, shim] of Object.entries(shims)) {
  const missing = missingPeers() ?? (existsSync(shim) ? undefined : `${shim} is not built`);
  if (missing === undefined) await t.test(name, (t) => restarts(t as never, shim));
  else t.pass(name, { skip: missing });
}

async function restarts(test: typeof t, shim: string): Promise<void> {
  const directory = makeDirectory();
  const namespace = `restart-${process.pid}`;
  let stack = await startOurs(directory, namespace, shim);
  test.teardown(async () => {
    stack.child.kill('SIGKILL');
    removeStack(directory, namespace);
  });
  writeFileSync(join(directory, 'image.tar'), busyboxArchive());
  await stack.ctr('images', 'import', join(directory, 'image.tar'));
  const run = (id: string, ...command: string[]) =>
    stack.ctr('run', '-d', '--runc-binary', 'runc', image, id, ...command);
  const states = async (): Promise<Record<string, string>> => {
    const lines = (await stack.ctr('tasks', 'ls')).stdout.trim().split('\n').slice(1);
    return Object.fromEntries(lines.map((line) => line.split(/\s+/)).map(([id, , state]) => [id, state]));
  };

  for (const id of ['stays', 'paused', 'orphan', 'going', 'quick']) {
    const command =
      id === 'quick' ? ['sh', '-c', 'trap "exit 7" TERM; while sleep 0.1; do :; done'] : ['sleep', '1000'];
    test.equal((await run(id, ...command)).code, 0, `${id} runs`);
  }
  test.equal((await stack.ctr('tasks', 'pause', 'paused')).code, 0);
  await stack.kill();
  process.kill(shimOf(stack, namespace, 'orphan'), 'SIGKILL');
  // As a supervisor leaves it that is killed after the shim has deleted its container and before the bundle is removed.
  process.kill(shimOf(stack, namespace, 'going'), 'SIGKILL');
  const ended = { pid: 4711, exitStatus: 9, exitedAt: { seconds: 1_700_000_000, nanos: 0 } };
  writeFileSync(join(directory, 'state', namespace, 'going', 'ended'), JSON.stringify(ended));
  const quick = pidOf(stack, namespace, 'quick');
  process.kill(quick, 'SIGTERM');
  await until('quick has ended', () => !existsSync(`/proc/${quick}`));

  stack = await startOurs(directory, namespace, shim);
  // At once: the shims deliver what they kept as soon as there is a supervisor again.
  const events = stack.events();
  test.same(
    await states(),
    { stays: 'RUNNING', paused: 'PAUSED', quick: 'STOPPED' },
    'each is found in its state; the one without a shim is cleaned up',
  );
  test.equal((await stack.ctr('tasks', 'exec', '--exec-id', 'e', 'stays', 'echo', 'alive')).stdout, 'alive\n');
  const missed = /\/tasks\/exit .*quick.*"exit_status":7/g;
  await until('the exit that nobody heard of is published', () => events.text().match(missed) !== null);
  const ends = /\/tasks\/exit .*orphan.*"exit_status":137[\s\S]*\/tasks\/delete .*orphan.*"exit_status":137/;
  await until('so is the end of the one whose shim had died', () => ends.test(events.text()));
  const known = /\/tasks\/exit .*going.*"pid":4711,"exit_status":9/;
  await until('the end that the shim told before it went is published', () => known.test(events.text()));
  test.match(await stack.ctr('tasks', 'rm', 'quick'), { code: 0, stderr: /non-zero exit code 7/ });
  test.match(await stack.ctr('tasks', 'kill', 'orphan'), { code: 1, stderr: /not found/ });

  // A shim that dies under a supervisor that lives.
  process.kill(shimOf(stack, namespace, 'stays'), 'SIGKILL');
  const killed = /\/tasks\/exit .*stays.*"exit_status":137.*\n.*\/tasks\/delete .*stays.*"exit_status":137/;
  await until('exit and delete are published', () => killed.test(events.text()));
  test.equal(events.text().match(missed)?.length, 1, 'no exit is published twice');
  events.end();
  test.match(await states(), { paused: 'PAUSED' });

  await stack.ctr('tasks', 'resume', 'paused');
  test.equal((await stack.ctr('tasks', 'rm', '-f', 'paused')).code, 0);
  for (const id of ['stays', 'paused', 'orphan', 'going', 'quick'])
    test.equal((await stack.ctr('containers', 'rm', id)).code, 0, `${id} is removed`);
  test.same(readdirSync(join(directory, 'state', namespace)), [], 'no bundle is left');
  test.same(
    (await stack.ctr('snapshots', 'ls')).stdout.split('\n').filter((line) => line.includes('Active')),
    [],
    'no container snapshot is left',
  );

  const places = `--root ${directory}/root --state ${directory}/state --address ${directory}/other.sock`;
  const second = await stack.shell(`${process.execPath} ${join(import.meta.dirname, 'main.ts')} ${places}`);
  test.match(second, { code: 1, stderr: /root is in use by another drydock-supervisor \(pid \d+\)/ });
  test.equal((await stack.ctr('version')).code, 0, 'a second supervisor on the same directories disturbs nothing');
  await stack.stop();
  await until('all processes have ended', () => leftovers(directory).length === 0).catch(() => undefined);
  test.same(leftovers(directory), [], 'nothing is left');
}

/** A container's first process. */
function pidOf(stack: Stack, namespace: string, id: string): number {
  return Number(readFileSync(join(stack.directory, 'state', namespace, id, 'init.pid'), 'utf8'));
}

/** The process of a container's shim: the parent of its first process. */
function shimOf(stack: Stack, namespace: string, id: string): number {
  return parentOf(pidOf(stack, namespace, id))!;
}
