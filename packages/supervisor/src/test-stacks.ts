/** Starts supervisors, ours and containerd, on private directories, and runs the stock ctr on them. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mountPointsBelow } from '@drydock/linux/mountinfo';
import { digestOf } from '@drydock/oci/digest';
import { type EntryInput, tar } from './test-fixtures.ts';

/** The shim that containerd comes with. */
export const realShim = '/usr/bin/containerd-shim-runc-v2';
/** Our shim, if this source is built. */
export const builtShim = join(import.meta.dirname, '../../../dist/bin/containerd-shim-drydock-v2');
export const image = 'docker.io/library/busybox:latest';

/** How a command ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A supervisor that runs. */
export interface Stack {
  readonly directory: string;
  readonly socket: string;
  readonly child: ChildProcess;
  log(): string;
  /** Runs `ctr` with arguments, in the namespace `n` unless they name another. */
  ctr(...args: readonly string[]): Promise<Outcome>;
  /** Runs a shell command in which `ctr` is ctr on this supervisor. */
  shell(command: string): Promise<Outcome>;
  /** Listens to `ctr events`: what has come until now, and how to end it. */
  events(): { text(): string; end(): void };
  /** Kills the supervisor; nothing else. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Why tests with the real programs cannot run here, or undefined if they can. */
export function missingPeers(): string | undefined {
  const programs = ['containerd', 'ctr', 'runc', 'busybox'];
  const missing = programs.filter((name) => !inPath(name));
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  return process.getuid?.() === 0 ? undefined : 'needs root';
}

/** A directory with a short path, for sockets. */
export function makeDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'dsv-'));
}

/** Starts our supervisor from its source. */
export function startOurs(directory: string, namespace: string, shim: string, ...flags: string[]): Promise<Stack> {
  const socket = join(directory, 'sv.sock');
  const main = join(import.meta.dirname, 'main.ts');
  const places = ['--address', socket, '--root', join(directory, 'root'), '--state', join(directory, 'state')];
  const args = [main, ...places, '--shim', `io.containerd.runc.v2=${shim}`, ...flags];
  return start({ directory, namespace, socket, program: process.execPath, args });
}

/** Starts containerd; `plugins` is more of its configuration. */
export function startContainerd(
  directory: string,
  namespace: string,
  { plugins = '' }: { readonly plugins?: string } = {},
): Promise<Stack> {
  const socket = join(directory, 'ct.sock');
  const config = join(directory, 'config.toml');
  writeFileSync(
    config,
    `version = 2
root = "${directory}/root"
state = "${directory}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${socket}"
${plugins}`,
  );
  return start({ directory, namespace, socket, program: 'containerd', args: ['-c', config] });
}

/** The archive of a busybox image, as `docker save` would write it. */
export function busyboxArchive(): Buffer {
  const links = ['sh', 'echo', 'sleep', 'cat', 'true', 'env', 'pwd', 'touch', 'tty', 'stty', 'kill', 'ls'];
  const entries: EntryInput[] = [
    ...['bin', 'etc', 'proc', 'sys', 'dev', 'tmp'].map((path) => ({ path, type: 'directory' as const })),
    { path: 'bin/busybox', data: readFileSync('/bin/busybox'), mode: 0o755 },
    ...links.map((name) => ({ path: `bin/${name}`, type: 'symlink' as const, target: 'busybox', mode: 0o777 })),
    { path: 'etc/passwd', data: 'root:x:0:0:root:/root:/bin/sh\n' },
  ];
  return imageArchive(tar(...entries));
}

/** The archive of an image with one layer. */
export function imageArchive(layer: Buffer, name = image, diffId = digestOf(layer)): Buffer {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const config = JSON.stringify({
    architecture,
    os: 'linux',
    config: { Cmd: ['sh'], Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: [diffId] },
  });
  const configName = `${digestOf(config).slice(7)}.json`;
  const manifest = JSON.stringify([{ Config: configName, RepoTags: [name], Layers: ['layer/layer.tar'] }]);
  return tar(
    { path: configName, data: config },
    { path: 'layer/layer.tar', data: layer },
    { path: 'manifest.json', data: manifest },
  );
}

/** Asks until something holds. Throws with what it was after ten seconds. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await condition()) return;
    await sleep(50);
  }
  throw new Error(`not within 10 s: ${what}`);
}

/** Mounts below a directory, and processes whose command line names it. */
export function leftovers(directory: string): string[] {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(commandLine)
    .filter((line) => line.includes(directory));
  return [...mountPointsBelow(directory), ...processes];
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

interface StartOptions {
  readonly directory: string;
  readonly namespace: string;
  readonly socket: string;
  readonly program: string;
  readonly args: readonly string[];
}

async function start({ directory, namespace, socket, program, args }: StartOptions): Promise<Stack> {
  const logFile = join(directory, 'log');
  const log = openSync(logFile, 'a');
  const child = spawn(program, args, { stdio: ['ignore', log, log] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const env = { ...process.env, CONTAINERD_ADDRESS: socket, CONTAINERD_NAMESPACE: namespace };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  const stack: Stack = {
    directory,
    socket,
    child,
    log: () => readFileSync(logFile, 'utf8'),
    ctr: (...words) => run('ctr', words, env),
    shell: (command) => run('sh', ['-c', command], env),
    events: () => listen(env),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
  await until(`${program} serves: ${stack.log()}`, async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${stack.log()}`);
    return existsSync(socket) && (await stack.ctr('version')).code === 0;
  });
  return stack;
}

function listen(env: NodeJS.ProcessEnv): ReturnType<Stack['events']> {
  const child = spawn('ctr', ['events'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  return { text: () => text, end: () => child.kill() };
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 137, stdout, stderr });
    });
  });
}

function inPath(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Removes a stack's directory, and what the runtimes keep for good for each namespace: empty directories and cgroups. */
export function removeStack(directory: string, namespace: string): void {
  rmSync(directory, { recursive: true, force: true });
  const parents = ['/run/containerd/runc', '/run/drydock/runtime', '/sys/fs/cgroup', ...globSync('/sys/fs/cgroup/*/')];
  for (const parent of parents) {
    try {
      rmdirSync(join(parent, namespace));
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}
