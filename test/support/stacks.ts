/** Starts whole stacks, ours and the real one, on private directories, for tests and benchmarks that compare. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const top = join(import.meta.dirname, '../..');
export const bin = join(top, 'dist/bin');

/** A running stack. */
export interface Stack {
  readonly name: string;
  /** For DOCKER_HOST. */
  readonly dockerHost: string;
  /** For CONTAINERD_ADDRESS. */
  readonly containerd: string;
  readonly directory: string;
  /** The engine's pid. */
  readonly pid: number;
  /** The engine's log. */
  log(): string;
  /** Ends the stack and removes its directory, unless that was given. */
  stop(): Promise<void>;
}

export interface OurOptions {
  /** Keep this directory from an earlier run, instead of making one. */
  readonly directory?: string;
  /** An engine on a containerd that runs already. */
  readonly containerd?: string;
  readonly flags?: readonly string[];
}

/** Starts drydockd, which starts its supervisor. */
export async function startOurs({ directory: given, containerd, flags = [] }: OurOptions = {}): Promise<Stack> {
  const directory = given ?? makeDirectory('ours');
  const dockerHost = `unix://${directory}/engine.sock`;
  const args = [
    '-H',
    dockerHost,
    '--data-root',
    `${directory}/data/engine`,
    '--exec-root',
    `${directory}/run`,
    '--pidfile',
    `${directory}/engine.pid`,
    ...(containerd === undefined ? [] : ['--containerd', containerd]),
    ...flags,
  ];
  const engine = start(join(bin, 'drydockd'), args, join(directory, 'engine.log'));
  await answering(engine, dockerHost, join(directory, 'engine.log'));
  return stack(
    'ours',
    engine,
    { dockerHost, containerd: containerd ?? `${directory}/run/supervisor.sock`, directory },
    given === undefined,
  );
}

/** Starts containerd and dockerd, without a bridge and without touching the firewall. */
export async function startReal({
  runtime,
  flags = [],
}: {
  readonly runtime?: string;
  readonly flags?: readonly string[];
} = {}): Promise<Stack> {
  const directory = makeDirectory('real');
  const { socket: containerd, stop } = await startContainerd(directory);
  const runtimes = runtime === undefined ? [] : ['--add-runtime', `drydock=${runtime}`];
  const running = await startDockerd(directory, containerd, [...runtimes, ...flags]);
  return {
    ...running,
    stop: async () => {
      await running.stop();
      await stop();
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Starts dockerd below a directory that stays, on a containerd that runs. */
export async function startDockerd(
  directory: string,
  containerd: string,
  flags: readonly string[] = [],
): Promise<Stack> {
  const dockerHost = `unix://${directory}/docker.sock`;
  const args = [
    '-H',
    dockerHost,
    '--data-root',
    `${directory}/data`,
    '--exec-root',
    `${directory}/exec`,
    '--pidfile',
    `${directory}/docker.pid`,
    '--containerd',
    containerd,
    '--bridge=none',
    '--iptables=false',
    '--ip-forward=false',
    ...flags,
  ];
  const engine = start('dockerd', args, join(directory, 'engine.log'));
  await answering(engine, dockerHost, join(directory, 'engine.log'));
  const running = stack('real', engine, { dockerHost, containerd, directory }, false);
  return {
    ...running,
    stop: async () => {
      await running.stop();
      // dockerd leaves the network namespace that it pins, and one that was killed its directory of data.
      const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
      for (const left of ['exec/netns/default', 'data'].map((name) => join(directory, name)))
        if (mounts.includes(` ${left} `)) execFileSync('umount', [left]);
    },
  };
}

/** A containerd, real or ours, that runs. */
export interface Daemon {
  readonly socket: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a real containerd below a directory, with more configuration if there is any. Our shim and runtime are on its PATH. */
export async function startContainerd(directory: string, configuration = ''): Promise<Daemon> {
  const socket = join(directory, 'containerd.sock');
  const config = join(directory, 'containerd.toml');
  writeFileSync(
    config,
    `version = 2\nroot = "${directory}/ctd-root"\nstate = "${directory}/ctd-state"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "${socket}"\n${configuration}`,
  );
  const child = start('containerd', ['-c', config], join(directory, 'containerd.log'), {
    PATH: `${process.env.PATH}:${bin}`,
  });
  await listening(socket);
  return { socket, pid: child.pid ?? 0, stop: () => end(child) };
}

/** Starts our supervisor alone below a directory. */
export async function startSupervisor(directory: string, flags: readonly string[] = []): Promise<Daemon> {
  const socket = join(directory, 's.sock');
  const places = ['-a', socket, '--root', join(directory, 'root'), '--state', join(directory, 'run/supervisor')];
  const child = start(join(bin, 'drydock-supervisor'), [...places, ...flags], join(directory, 'supervisor.log'));
  await listening(socket);
  return { socket, pid: child.pid ?? 0, stop: () => end(child) };
}

/** The image busybox:latest as a tar archive, made once. */
export function busyboxArchive(): string {
  const path = join(tmpdir(), `drydock-test-busybox-${process.pid}.tar`);
  if (!existsSync(path)) {
    execFileSync(join(top, 'scripts/busybox-image'), [path]);
    process.once('exit', () => rmSync(path, { force: true }));
  }
  return path;
}

/** A directory with a short path: sockets will be in it. */
export function makeDirectory(name: string): string {
  return mkdtempSync(join(tmpdir(), `dd-${name}-`));
}

function start(program: string, args: readonly string[], log: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
  mkdirSync(join(log, '..'), { recursive: true });
  const fd = openSync(log, 'a');
  const child = spawn(program, [...args], {
    stdio: ['ignore', fd, fd],
    env: { ...process.env, ...env },
    detached: true,
  });
  closeSync(fd);
  return child;
}

/** Waits until somebody listens on a socket; one that was killed may have left its file. */
async function listening(socket: string): Promise<void> {
  const tryOnce = (): Promise<boolean> =>
    new Promise((resolve) => {
      const connection = connect(socket, () => {
        connection.destroy();
        resolve(true);
      }).once('error', () => resolve(false));
    });
  for (let attempt = 0; attempt < 200 && !(await tryOnce()); attempt += 1) await sleep(50);
}

/** Waits until an engine answers. Throws with its log if it ends instead. */
async function answering(engine: ChildProcess, host: string, log: string): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    if (engine.exitCode !== null)
      throw new Error(`the engine ended with ${engine.exitCode}:\n${readFileSync(log, 'utf8')}`);
    try {
      execFileSync('docker', ['-H', host, 'version'], { stdio: 'ignore' });
      return;
    } catch {
      await sleep(50);
    }
  }
  throw new Error(`the engine does not answer:\n${readFileSync(log, 'utf8')}`);
}

function stack(
  name: string,
  engine: ChildProcess,
  places: Pick<Stack, 'dockerHost' | 'containerd' | 'directory'>,
  isOwnDirectory = true,
): Stack {
  return {
    name,
    ...places,
    pid: engine.pid ?? 0,
    log: () => readFileSync(join(places.directory, 'engine.log'), 'utf8'),
    stop: async () => {
      await end(engine);
      if (isOwnDirectory) rmSync(places.directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Asks a daemon to end, and waits; kills it if it does not. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const deadline = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await exited;
  clearTimeout(deadline);
}
