/** Starts engines and their peers on private directories, for the integration tests, and runs the stock docker CLI on them. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readMountTable } from '@drydock/linux/mountinfo';
import { sendSignal } from '@drydock/linux/process';
import { digestOf } from '@drydock/oci/digest';
import { type Header, pack } from 'tar-stream';

/** How a command ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An engine that runs: ours or dockerd. */
export interface TestEngine {
  readonly directory: string;
  readonly socket: string;
  readonly containerd: string;
  /** Runs `docker` with arguments. */
  docker(...args: readonly string[]): Promise<Outcome>;
  /** Runs a shell command in which `docker` talks to this engine. */
  shell(command: string): Promise<Outcome>;
  /** Sends one request. */
  http(method: string, path: string, body?: string, headers?: Readonly<Record<string, string>>): Promise<HttpAnswer>;
  log(): string;
  /** Kills the engine and starts it again on the same directories. */
  killAndRestart(meanwhile?: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Why these tests cannot run here, or undefined if they can. `more` names further programs. */
export function missingPeers(...more: readonly string[]): string | undefined {
  const missing = ['docker', 'containerd', 'runc', 'busybox', ...more].filter((name) => !inPath(name));
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  return process.getuid?.() === 0 ? undefined : 'needs root';
}

/** Starts our engine from its source, on a containerd of its own (or the one that DRYDOCK_CONTAINERD names). */
export async function startEngine(...flags: readonly string[]): Promise<TestEngine> {
  const directory = mkdtempSync(join(tmpdir(), 'dde-'));
  const given = process.env.DRYDOCK_CONTAINERD;
  const containerd = given === undefined ? await startContainerd(directory) : undefined;
  const address = given ?? join(directory, 'containerd.sock');
  const socket = join(directory, 'engine.sock');
  const places = ['--data-root', join(directory, 'data'), '--exec-root', join(directory, 'run')];
  const args = [
    join(import.meta.dirname, 'main.ts'),
    '-H',
    `unix://${socket}`,
    ...places,
    '--containerd',
    address,
    ...flags,
  ];
  return engineOn({ directory, socket, address, containerd, start: () => start(process.execPath, args, directory) });
}

/** Starts dockerd, which is what ours is compared with. */
export async function startDockerd(): Promise<TestEngine> {
  const directory = mkdtempSync(join(tmpdir(), 'ddr-'));
  const containerd = await startContainerd(directory);
  const address = join(directory, 'containerd.sock');
  const socket = join(directory, 'engine.sock');
  const places = [
    '--data-root',
    join(directory, 'data'),
    '--exec-root',
    join(directory, 'run'),
    '-p',
    join(directory, 'pid'),
  ];
  const network = ['--bridge=none', '--iptables=false', '--ip-forward=false'];
  const args = ['-H', `unix://${socket}`, ...places, '--containerd', address, ...network];
  return engineOn({ directory, socket, address, containerd, start: () => start('dockerd', args, directory) });
}

interface Parts {
  readonly directory: string;
  readonly socket: string;
  readonly address: string;
  readonly containerd: ChildProcess | undefined;
  readonly start: () => ChildProcess;
}

async function engineOn({ directory, socket, address, containerd, start }: Parts): Promise<TestEngine> {
  let child = start();
  const log = (): string => readFileSync(join(directory, 'log'), 'utf8');
  const shell = (command: string): Promise<Outcome> =>
    run('sh', ['-c', command], { DOCKER_HOST: `unix://${socket}`, SOCKET: socket });
  await answering(socket, log);
  return {
    directory,
    socket,
    containerd: address,
    log,
    shell,
    docker: (...args) => run('docker', args, { DOCKER_HOST: `unix://${socket}` }),
    http: (method, path, body, headers) => send(socket, { method, path, body, headers }),
    killAndRestart: async (meanwhile) => {
      await end(child, 'SIGKILL');
      await meanwhile?.();
      child = start();
      await answering(socket, log);
    },
    stop: async () => {
      await shell('docker rm -fv $(docker ps -aq) 2>/dev/null');
      await end(child, 'SIGTERM');
      if (containerd !== undefined) await end(containerd, 'SIGTERM');
      for (const pid of leftProcesses(directory)) sendSignal(pid, 9);
      for (const point of leftMounts(directory)) execFileSync('umount', ['-l', point]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The processes whose command line names a directory: what a test has started, this process apart. */
export function leftProcesses(directory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => commandLine(pid).includes(directory));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}

/** The mounts below a directory that are not dockerd's own. */
export function leftMounts(directory: string): string[] {
  return readMountTable()
    .map(({ mountPoint }) => mountPoint)
    .filter((point) => point.startsWith(`${directory}/`))
    .reverse();
}

/** A `docker save` archive of an image busybox:latest, with users to look up. */
export async function busyboxArchive(directory: string): Promise<string> {
  const root = join(directory, 'image-root');
  for (const path of ['bin', 'etc', 'tmp', 'root', 'home']) mkdirSync(join(root, path), { recursive: true });
  chmodSync(join(root, 'tmp'), 0o1777);
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  for (const name of execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n'))
    if (name !== 'busybox') symlinkSync('busybox', join(root, 'bin', name));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nbob:x:1000:1000:Bob:/home:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:root\nwheel:x:10:bob,root\nbob:x:1000:\nextra:x:1234:\n');
  const layer = execFileSync('tar', ['-C', root, '--owner=0', '--group=0', '--numeric-owner', '-c', '.'], {
    maxBuffer: 64 << 20,
  });
  rmSync(root, { recursive: true });
  const path = join(directory, 'busybox.tar');
  writeFileSync(path, await imageArchive({ layers: [layer], name: 'busybox:latest' }));
  return path;
}

export interface ImageParts {
  readonly layers: readonly Buffer[];
  readonly name: string;
  /** Instead of the layers' true digests. */
  readonly diffIds?: readonly string[];
}

/** A `docker save` archive of one image. */
export function imageArchive({ layers, name, diffIds = layers.map(digestOf) }: ImageParts): Promise<Buffer> {
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      created: '2023-11-14T22:13:20Z',
      config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'] },
      rootfs: { type: 'layers', diff_ids: diffIds },
      history: layers.map(() => ({ created: '2023-11-14T22:13:20Z', created_by: 'test' })),
    }),
  );
  const configName = `${digestOf(config).slice(7)}.json`;
  const paths = layers.map((_, index) => `${index}/layer.tar`);
  const manifest = [{ Config: configName, RepoTags: [name], Layers: paths }];
  const entries = layers.map((layer, index): [string, Buffer] => [paths[index]!, layer]);
  return tar([[configName, config], ...entries, ['manifest.json', Buffer.from(JSON.stringify(manifest))]]);
}

/** A tar archive of files; a third element changes an entry's header. */
export async function tar(
  entries: readonly (readonly [name: string, data: Buffer, header?: Partial<Header>])[],
): Promise<Buffer> {
  const archive = pack();
  for (const [name, data, header] of entries) archive.entry({ name, ...header }, data);
  archive.finalize();
  const parts: Buffer[] = [];
  for await (const part of archive) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

async function startContainerd(directory: string): Promise<ChildProcess> {
  const config = join(directory, 'containerd.toml');
  const socket = join(directory, 'containerd.sock');
  writeFileSync(
    config,
    `version = 2\nroot = "${directory}/ctd"\nstate = "${directory}/ctd-state"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "${socket}"\n`,
  );
  const child = start('containerd', ['-c', config], directory);
  for (let attempt = 0; attempt < 200 && !existsSync(socket); attempt++) await sleep(50);
  return child;
}

function start(program: string, args: readonly string[], directory: string): ChildProcess {
  const fd = openSync(join(directory, 'log'), 'a');
  return spawn(program, [...args], { stdio: ['ignore', fd, fd], detached: true });
}

async function answering(socket: string, log: () => string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    try {
      if ((await send(socket, { method: 'GET', path: '/_ping' })).status === 200) return;
    } catch {
      // Not yet.
    }
    await sleep(50);
  }
  throw new Error(`the engine does not answer:\n${log()}`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}

function send(
  socketPath: string,
  {
    method,
    path,
    body,
    headers,
  }: {
    method: string;
    path: string;
    body?: string | undefined;
    headers?: Readonly<Record<string, string>> | undefined;
  },
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, headers: { ...headers }, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(program, [...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk) => (stderr += chunk));
    child.once('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

function inPath(name: string): boolean {
  return (process.env.PATH ?? '').split(':').some((directory) => existsSync(join(directory, name)));
}
