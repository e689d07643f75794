/**
 * Stock dockerd and docker on our supervisor, with our shim and with containerd's, beside the same dockerd on the real
 * containerd: each step's answers must be the same on all of them.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { commandLine, docker, leftovers, type Outcome, run, until } from '../support/run.ts';
import {
  busyboxArchive,
  type Daemon,
  makeDirectory,
  type Stack,
  startContainerd,
  startDockerd,
  startSupervisor,
} from '../support/stacks.ts';

/** A dockerd, what it stands on, and how each is started again. */
interface Place {
  readonly name: string;
  readonly isReal: boolean;
  readonly directory: string;
  readonly startSupervisor: () => Promise<Daemon>;
  supervisor: Daemon;
  engine: Stack;
}

const realShim = 'io.containerd.runc.v2=/usr/bin/containerd-shim-runc-v2';
const places = await Promise.all([
  startPlace('containerd', (directory) => startContainerd(directory)),
  startPlace('our supervisor, our shim', (directory) => startSupervisor(directory)),
  startPlace("our supervisor, containerd's shim", (directory) => startSupervisor(directory, ['--shim', realShim])),
]);

/** Runs docker on a place; what is told apart from place to place, such as containers' ids, is taken out of the answers. */
type Docker = (...args: readonly string[]) => Promise<Outcome>;
type Step = (docker: Docker, place: Place) => Promise<unknown>;

const littleMemory = ['-m', '16m', '--memory-swap', '16m'];
/** Our shim gives the container's streams to the runtime as they are, and runc repeats there what it has logged. */
const echoed = /^(\x1b\[91m)?(runc create|exec) failed: .*\n(\x1b\[0m)?/gm;
const detached = ['run', '-d', '--network', 'none'];
const state = '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.RestartCount}} {{.State.Error}}';

await step('run', async (docker) => {
  await docker('load', '-i', busyboxArchive());
  const attached = ['run', '--rm', '--network', 'none', 'busybox'];
  return [
    await docker(...attached, 'sh', '-c', 'echo out; echo err >&2; exit 3'),
    await docker(...attached, 'nosuch'),
    await docker(...attached, '/etc/passwd'),
    await docker('run', '--rm', '--network', 'none', '-w', '/etc/passwd', 'busybox', 'true'),
    await docker('run', '--rm', '--network', 'none', '--init', '-u', 'nobody', 'busybox', 'id'),
  ];
});

await step('exec, logs, top', async (docker, { engine }) => {
  await docker(...detached, '--name', 'c1', '-m', '64m', 'busybox', 'sh', '-c', 'echo logged; exec sleep 1000');
  const terminal = `docker -H ${engine.dockerHost} exec -it c1 sh -c 'test -t 0 && echo terminal; exit 7'`;
  return [
    await docker('exec', 'c1', 'sh', '-c', 'echo in; echo err >&2; exit 4'),
    await docker('exec', 'c1', 'nosuch'),
    await docker('exec', '-d', 'c1', 'sleep', '1001'),
    (await run('script', ['-qec', terminal, '/dev/null'])).stdout.replace(/\0|\^@/g, ''),
    await docker('logs', 'c1'),
    (await docker('top', 'c1', '-eo', 'pid,args')).stdout.replace(/^ *\d+ /gm, ''),
    (await docker('inspect', '-f', '{{len .ExecIDs}}', 'c1')).stdout,
  ];
});

await step('stats, pause, update', async (docker) => [
  await docker('stats', '--no-stream', '--format', '{{.Name}} {{.PIDs}} {{.NetIO}}', 'c1'),
  / \/ 64MiB/.test((await docker('stats', '--no-stream', '--format', '{{.MemUsage}}', 'c1')).stdout),
  await docker('pause', 'c1'),
  await docker('pause', 'c1'),
  await docker('inspect', '-f', state, 'c1'),
  await docker('exec', 'c1', 'true'),
  await docker('unpause', 'c1'),
  await docker('update', '-m', '32m', '--memory-swap', '32m', '--pids-limit', '17', 'c1'),
  / \/ 32MiB/.test((await docker('stats', '--no-stream', '--format', '{{.MemUsage}}', 'c1')).stdout),
]);

await step('kill, stop, start, restart', async (docker) => [
  await docker('kill', '-s', 'USR1', 'c1'),
  await docker('kill', '-s', 'KILL', 'c1'),
  await docker('wait', 'c1'),
  await docker('kill', 'c1'),
  await docker('inspect', '-f', state, 'c1'),
  await docker('start', 'c1'),
  await docker('restart', '-t', '0', 'c1'),
  await docker('stop', '-t', '0', 'c1'),
  await docker('inspect', '-f', state, 'c1'),
]);

await step('out of memory, restarts by policy', async (docker) => {
  const greedy = ['--name', 'oom', ...littleMemory, 'busybox', 'tail', '/dev/zero'];
  const killed = await docker('run', '--network', 'none', ...greedy);
  await docker(...detached, '--name', 'again', '--restart', 'on-failure:2', 'busybox', 'sh', '-c', 'exit 5');
  await until('it is given up', async () =>
    (await docker('inspect', '-f', state, 'again')).stdout.startsWith('exited 5 false 2'),
  );
  return [killed, await docker('inspect', '-f', state, 'oom', 'again')];
});

await step('dockerd is killed, and finds its containers again', async (docker, place) => {
  const pid = await startThree(docker, 'd');
  process.kill(place.engine.pid, 'SIGKILL');
  await end(pid);
  place.engine = await startEngine(place);
  return findThree(docker, 'd');
});

await step('the supervisor is killed, and dockerd goes on', async (docker, place) => {
  const pid = await startThree(docker, 's');
  process.kill(place.supervisor.pid, 'SIGKILL');
  // What ends while containerd is away, dockerd never hears of: there it ends later.
  if (!place.isReal) await end(pid);
  const without = (await docker('ps', '--format', '{{.Names}} {{.State}}', '--filter', 'name=s-stays')).stdout;
  place.supervisor = await place.startSupervisor();
  if (place.isReal) {
    await until('dockerd hears again', async () => (await docker('exec', 's-stays', 'true')).code === 0);
    await end(pid);
  }
  return [without, await findThree(docker, 's')];
});

await step('both are killed', async (docker, place) => {
  const pid = await startThree(docker, 'b');
  for (const { pid } of [place.supervisor, place.engine]) process.kill(pid, 'SIGKILL');
  await end(pid);
  place.supervisor = await place.startSupervisor();
  place.engine = await startEngine(place);
  return findThree(docker, 'b');
});

await step('a shim is killed', async (docker) => {
  await docker(...detached, '--name', 'orphan', 'busybox', 'sleep', '1000');
  const pid = (await docker('inspect', '-f', '{{.State.Pid}}', 'orphan')).stdout.trim();
  const shim = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  process.kill(shim, 'SIGKILL');
  return [
    await docker('wait', 'orphan'),
    await docker('inspect', '-f', state, 'orphan'),
    await docker('start', 'orphan'),
    await docker('exec', 'orphan', 'echo', 'alive'),
    commandLine(pid),
  ];
});

await step('build', async (docker, { directory, engine }) => {
  const context = join(directory, 'context');
  mkdirSync(context);
  const env = { DOCKER_BUILDKIT: '0', DOCKER_HOST: engine.dockerHost };
  const build = async (lines: readonly string[]): Promise<Outcome> => {
    writeFileSync(join(context, 'Dockerfile'), `FROM busybox\n${lines.join('\n')}\n`);
    const args = ['build', '-q', '--force-rm', '--network', 'none', '-t', 'built', context];
    const { code, stderr } = await run('docker', args, { env });
    return withoutIds({ code, stdout: '', stderr });
  };
  const copy = ['COPY Dockerfile /copied', 'RUN echo built >/built && chmod 600 /built', 'RUN test -s /copied'];
  return [
    await build([...copy, 'CMD cat /built']),
    await build(['RUN exit 9']),
    await build(['RUN ["nosuch"]']),
    await docker('run', '--rm', '--network', 'none', 'built'),
  ];
});

await step('events, rm', async (docker) => {
  const since = String(Date.now() / 1000);
  await docker(...detached, '--name', 'ev1', 'busybox', 'sleep', '1000');
  await docker('pause', 'ev1');
  await docker('unpause', 'ev1');
  await docker('exec', 'ev1', 'sh', '-c', 'exit 6');
  await docker('kill', '-s', 'KILL', 'ev1');
  await docker('wait', 'ev1');
  await docker('run', '--network', 'none', '--name', 'ev2', ...littleMemory, 'busybox', 'tail', '/dev/zero');
  const names = (await docker('ps', '-a', '--format', '{{.Names}}')).stdout.trim().split('\n').sort();
  const removed = await docker('rm', '-f', ...names);
  const format = '{{.Actor.Attributes.name}} {{.Action}} {{.Actor.Attributes.exitCode}}';
  const told = async (name: string): Promise<string[]> => {
    const filters = ['--filter', `container=${name}`, '--filter', 'type=container', '--format', format];
    const { stdout } = await docker('events', '--since', since, '--until', String(Date.now() / 1000), ...filters);
    return stdout.trim().split('\n');
  };
  await until('the last event', async () => (await told('ev2')).some((line) => line.includes('destroy')));
  // Whether the kernel's word of the memory or of the end comes first is the kernel's.
  return [names, removed.code, (await docker('ps', '-aq')).stdout, await told('ev1'), (await told('ev2')).sort()];
});

t.test('nothing is left', async (t) => {
  for (const { name, directory, engine, supervisor } of places) {
    await engine.stop();
    await supervisor.stop();
    await until(`${name}: nothing is left`, () => leftovers(directory).length === 0).catch(() => {});
    t.same(leftovers(directory), [], name);
    rmSync(directory, { recursive: true });
  }
});

/** Starts three containers: one that goes on and writes, one that is paused, one that ends with 42 when it is told to. */
async function startThree(docker: Docker, prefix: string): Promise<number> {
  const count = 'i=0; while [ $i -lt 15 ]; do i=$((i+1)); echo $i; sleep 0.2; done; sleep 1000';
  await docker(...detached, '--name', `${prefix}-stays`, 'busybox', 'sh', '-c', count);
  await docker(...detached, '--name', `${prefix}-paused`, 'busybox', 'sleep', '1000');
  await docker('pause', `${prefix}-paused`);
  const ending = 'trap "exit 42" TERM; while :; do sleep 0.1; done';
  await docker(...detached, '--name', `${prefix}-ends`, 'busybox', 'sh', '-c', ending);
  return Number((await docker('inspect', '-f', '{{.State.Pid}}', `${prefix}-ends`)).stdout);
}

/** Ends a process that ends by SIGTERM, without asking any daemon. */
async function end(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
  await until(`process ${pid} has ended`, () => commandLine(pid) === '');
}

/** What is known of the three after an interruption. */
async function findThree(docker: Docker, prefix: string): Promise<unknown> {
  const inspect = async (name: string) => (await docker('inspect', '-f', state, `${prefix}-${name}`)).stdout;
  await until(`the end of ${prefix}-ends is known`, async () => (await inspect('ends')).startsWith('exited'));
  await until('all is logged', async () => (await docker('logs', `${prefix}-stays`)).stdout.includes('15\n'));
  return [
    await inspect('stays'),
    await inspect('paused'),
    await inspect('ends'),
    await docker('unpause', `${prefix}-paused`),
    await docker('exec', `${prefix}-stays`, 'echo', 'alive'),
    await docker('logs', `${prefix}-stays`),
    await docker('stop', '-t', '0', `${prefix}-paused`),
    await docker('start', `${prefix}-ends`),
    await docker('stop', `${prefix}-ends`),
    await inspect('ends'),
    await docker('kill', `${prefix}-stays`),
    await docker('wait', `${prefix}-stays`),
  ];
}

/** Takes a step on every place, and compares what is answered with what is on the first, the real one. */
async function step(name: string, action: Step): Promise<void> {
  await t.test(name, async (t) => {
    const answers = await Promise.all(
      places.map((place) => action((...args) => docker(place.engine, args).then(withoutIds), place)),
    );
    for (const [index, answer] of answers.entries()) t.same(answer, answers[0], places[index]?.name ?? '');
  });
}

function withoutIds({ stdout, stderr, code }: Outcome): Outcome {
  const strip = (text: string): string => text.replace(/\b[0-9a-f]{64}\b/g, 'ID').replace(/\b[0-9a-f]{12}\b/g, 'ID');
  return { code, stdout: strip(stdout), stderr: strip(stderr).replace(echoed, '') };
}

async function startPlace(name: string, start: (directory: string) => Promise<Daemon>): Promise<Place> {
  const directory = makeDirectory('dos');
  const supervisor = await start(directory);
  const isReal = name === 'containerd';
  const place = { name, isReal, directory, supervisor, startSupervisor: () => start(directory) };
  return { ...place, engine: await startEngine(place) };
}

function startEngine({ directory, supervisor }: Pick<Place, 'directory' | 'supervisor'>): Promise<Stack> {
  return startDockerd(directory, supervisor.socket, ['--live-restore']);
}
