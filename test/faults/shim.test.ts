/**
 * A shim that never answers, answers garbage or dies, at each method: real containerd and our supervisor give the client the
 * same kind of error, ours names the thing and the deadline, and nothing of the state is lost.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ctr, leftovers, type Outcome, until } from '../support/run.ts';
import { noRealShim } from '../support/shim-place.ts';
import { busyboxArchive, makeDirectory, startContainerd, startSupervisor } from '../support/stacks.ts';

const image = 'docker.io/library/busybox:latest';
const fake = join(import.meta.dirname, '../support/fake-shim.ts');

/** Faults, and what is asked of the task before the client would notice. */
const faults: Readonly<Record<string, readonly string[]>> = {
  'hang start': ['start'],
  'garbage start': ['start'],
  'fail start': ['start'],
  'hang Connect': ['start'],
  'hang Create': ['start'],
  'garbage Create': ['start'],
  'die Create': ['start'],
  'hang Start': ['start'],
  'garbage Start': ['start'],
  'die Start': ['start'],
  'hang Pause': ['start', 'pause'],
  'garbage Pause': ['start', 'pause'],
  'die Pause': ['start', 'pause'],
  'hang Kill': ['start', 'kill'],
  'die Kill': ['start', 'kill'],
  'hang Delete': ['start', 'kill', 'rm'],
  'die Delete': ['start', 'kill', 'rm'],
  'hang Shutdown': ['start', 'kill', 'rm'],
  'die Shutdown': ['start', 'kill', 'rm'],
  'fail delete': ['start', 'kill', 'rm'],
  'garbage delete': ['start', 'kill', 'rm'],
  'hang delete': ['start', 'kill', 'rm'],
};

const commands: Readonly<Record<string, (id: string) => readonly string[]>> = {
  start: (id) => ['tasks', 'start', '-d', '--null-io', id],
  pause: (id) => ['tasks', 'pause', id],
  kill: (id) => ['tasks', 'kill', '-s', 'KILL', id],
  rm: (id) => ['tasks', 'rm', id],
};

interface Told {
  readonly code: number;
  /** The last line that the client has said. */
  readonly error: string;
  /** The state of the task when the client had seen the fault; '' if there is none any more. */
  readonly after: string;
  /** The exit code of a container of the same name afterwards. */
  readonly again: string;
}

/**
 * The time of the cleanup is that of two programs' starts, on a machine that may be busy: containerd leaves the bundle for ever
 * if it is over.
 */
const timeouts = `[timeouts]
"io.containerd.timeout.shim.load" = "1s"
"io.containerd.timeout.task.state" = "1s"
"io.containerd.timeout.shim.cleanup" = "10s"
"io.containerd.timeout.shim.shutdown" = "1s"
`;

interface Daemon {
  readonly socket: string;
  readonly state: string;
  readonly namespace: string;
}

/** What a client is told of a fault, and what is left of the task then. */
async function tell(fault: string, shim: string, daemon: Daemon): Promise<Told> {
  const call = (...args: string[]) => ctr({ containerd: daemon.socket }, ['-n', daemon.namespace, ...args]);
  const id = fault.replace(' ', '-');
  const flags = ['--runtime', shim, '--annotation', `fake=${fault}`];
  const made = await call('containers', 'create', ...flags, image, id, 'sleep', '100');
  if (made.code !== 0) throw new Error(`create ${id}: ${made.stderr}`);
  let last: Outcome = made;
  const names = faults[fault] ?? [];
  for (const name of names) {
    // Only the last step meets the fault; the others may take as long as the machine needs.
    const limit = name === names.at(-1) && /^hang (?!Shutdown|delete|Connect)/.test(fault) ? patience(name) : '20s';
    last = await call('--timeout', limit, ...(commands[name]?.(id) ?? []));
    if (name === 'kill')
      await until('it has ended', async () => !(await stateOf(call, id)).includes('RUNNING'), 3).catch(() => {});
  }
  const after = await stateOf(call, id);
  // The end: the shim behaves, or is gone; then nothing hinders a container of the same name.
  const bundle = join(daemon.state, daemon.namespace, id);
  if (existsSync(bundle)) {
    writeFileSync(join(bundle, 'behave'), '');
    if (existsSync(join(bundle, 'fake.pids'))) kill(Number(readFileSync(join(bundle, 'fake.pids'), 'utf8')));
  }
  await until(`${fault}: the task is gone from ${daemon.namespace}`, () => !existsSync(bundle));
  const { code, stderr } = await call('containers', 'rm', id);
  if (code !== 0) throw new Error(`rm ${id}: ${stderr}`);
  const again = await call('run', '--rm', '--null-io', image, id, 'true');
  return { error: last.stderr.trim().split('\n').at(-1) ?? '', code: last.code, after, again: again.stderr };
}

/** What a client has said, without what is each program's own: times, and words for what is no protobuf. */
function classOf(line = ''): string {
  if (/deadline exceeded/.test(line)) return 'deadline exceeded';
  return line.replace(/time="[^"]*"/, '').replace(/(proto: can't|answer is no protobuf).*(: unknown)/, 'garbage$2');
}

/** How long a client waits that is going to be disappointed: no shorter than what comes before may take. */
function patience(step: string): string {
  return step === 'start' ? '6s' : '2s';
}

async function stateOf(call: (...args: string[]) => Promise<Outcome>, id: string): Promise<string> {
  const line = (await call('--timeout', '8s', 'tasks', 'ls')).stdout
    .split('\n')
    .find((each) => each.startsWith(`${id} `));
  return line?.split(/\s+/)[2] ?? '';
}

function kill(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

t.test('faults', { skip: noRealShim }, async (t) => {
  const directory = makeDirectory('faults');
  const shim = join(directory, 'containerd-shim-fake-v1');
  writeFileSync(shim, `#!/bin/sh\nexec ${process.execPath} ${fake} "$@"\n`, { mode: 0o755 });
  const config = join(directory, 'config.toml');
  writeFileSync(config, `version = 2\n${timeouts}`);
  const [realDirectory, ourDirectory] = ['ctd', 'sup'].map((name) => join(directory, name)) as [string, string];
  for (const each of [realDirectory, ourDirectory]) mkdirSync(each);
  const real = await startContainerd(realDirectory, timeouts);
  const ours = await startSupervisor(ourDirectory, ['-c', config]);
  t.teardown(async () => {
    await real.stop();
    await ours.stop();
    for (const left of leftovers(directory)) kill(Number(/^process (\d+)/.exec(left)?.[1] ?? 0));
  });
  const daemons = [
    {
      ...real,
      state: join(realDirectory, 'ctd-state/io.containerd.runtime.v2.task'),
      namespace: `real-${process.pid}`,
    },
    { ...ours, state: join(ourDirectory, 'run/supervisor'), namespace: `ours-${process.pid}` },
  ];
  for (const { socket, namespace } of daemons)
    await ctr({ containerd: socket }, ['-n', namespace, 'images', 'import', busyboxArchive()]);
  // containerd asks `Connect` for no more than a pid, which it can do without.
  const waiting = Object.keys(faults).filter((fault) => fault !== 'hang Connect');
  const lane = async (): Promise<void> => {
    for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
      const name = fault;
      const [theirs, our] = await Promise.all(daemons.map((daemon) => tell(name, shim, daemon)));
      t.same(...([our, theirs].map((told) => ({ ...told, error: classOf(told?.error) })) as [object, object]), name);
    }
  };
  await Promise.all([lane(), lane(), lane()]);
  const mute = await tell('hang Connect', shim, daemons[1]!);
  t.match(
    mute,
    { after: '', again: '', error: /Connect to shim of .*: no answer in 1s \(io\.containerd\.timeout\.shim\.load\)/ },
    'a shim that answers nothing from the first',
  );
  const log = readFileSync(join(ourDirectory, 'supervisor.log'), 'utf8');
  for (const [what, budget, name] of [
    ['containerd-shim-fake-v1 delete', '10s', 'shim.cleanup'],
    ['Shutdown of shim of', '1s', 'shim.shutdown'],
  ])
    t.match(
      log,
      new RegExp(`${what}[^"]*: no answer in ${budget} \\(io\\.containerd\\.timeout\\.${name}\\)`),
      `${name}: ${what}`,
    );
  await real.stop();
  await ours.stop();
  t.same(leftovers(directory), []);
  rmSync(directory, { recursive: true });
});
