/**
 * `start`, which containerd runs: makes the listening socket, starts the shim with it as fd 3, prints its address.
 * Nothing else may be printed: containerd takes all output for the address. A supervisor that sent BootstrapParams gets a
 * BootstrapResult instead (containerd 2.3 and later).
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { connectUnix, listenUnix } from '@drydock/linux/socket';
import { syscall } from '@drydock/linux/syscall';
import { BootstrapResult } from '@drydock/rpc/generated/bootstrap';
import type { ShimArguments } from './arguments.ts';
import { joinShimCgroup } from './cgroup/shim.ts';
import { readOptions } from './options.ts';
import { readStartInput } from './stdin.ts';
import { annotations } from './task/bundle.ts';

const socketFolder = '/run/drydock/s';
/** Annotations that let containers share a shim: containers with the same value have the same one. */
const groupAnnotations = ['io.containerd.runc.v2.group', 'io.kubernetes.cri.sandbox-id'];

/**
 * An engine that never compiles needs a third less memory, and what a shim does is not worth compiling. Its heap may grow to
 * 8 MiB before it is collected: else it would be in each call. When the shim is idle it is collected anyway (trim.ts).
 */
const leanEngine = {
  BUN_JSC_useJIT: '0',
  BUN_JSC_useWasm: '0',
  BUN_JSC_useConcurrentGC: '0',
  BUN_GC_TIMER_DISABLE: '1',
  BUN_JSC_smallHeapSize: '8388608',
};

const lockExclusive = 2;
/** The log level, in BootstrapParams, from which on down a shim logs more. */
const debugLevel = -4;
/** The version of the task service that we are called with: `containerd.task.v3.Task`. */
const taskVersion = 3;

/** Starts the shim of the bundle in the working directory, unless another container's shim serves it too. */
export function startShim({ namespace, id, address: given, publishBinary, debug }: ShimArguments): void {
  const { parameters, options } = readStartInput();
  const address = given || withoutScheme(parameters?.containerdGrpcAddress ?? '');
  const bundle = process.cwd();
  const known = annotations(bundle);
  const key = groupAnnotations.map((name) => known[name]).find(Boolean) ?? id;
  const name = createHash('sha256')
    .update(join(address, namespace, key))
    .digest('hex');
  const folder = parameters?.socketDir || socketFolder;
  const path = join(folder, name);
  const isVerbose = debug || (parameters?.logLevel ?? 0) <= debugLevel;
  const events = process.env.TTRPC_ADDRESS || withoutScheme(parameters?.containerdTtrpcAddress ?? '');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unlock = lock(folder);
  try {
    if (!isServed(path)) {
      const flags = ['-namespace', namespace, '-id', id, '-address', address];
      if (events === '' && publishBinary !== '') flags.push('-publish-binary', publishBinary);
      if (isVerbose) flags.push('-debug');
      const environment = { ...process.env, ...leanEngine, ...(events === '' ? {} : { TTRPC_ADDRESS: events }) };
      launch(path, { flags, environment, cgroup: readOptions(options).shimCgroup });
    }
  } finally {
    unlock();
  }
  const url = `unix://${path}`;
  writeFileSync(join(bundle, '.address'), url, { flag: 'wx' });
  renameSync(join(bundle, '.address'), join(bundle, 'address'));
  const result = { version: taskVersion, address: url, protocol: 'ttrpc' };
  writeSync(1, parameters === undefined ? Buffer.from(url) : BootstrapResult.encode(result));
}

interface Launch {
  readonly flags: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** The cgroup to put the shim in; '' to leave it in ours. */
  readonly cgroup: string;
}

/** Starts the shim. If that fails, nothing is left. */
function launch(path: string, { flags, environment, cgroup }: Launch): void {
  const socket = listenUnix(path);
  const nothing = openSync('/dev/null', 'r+');
  const child = spawn(process.execPath, [...sourceArguments(), ...flags], {
    detached: true,
    env: environment,
    stdio: [nothing, nothing, nothing, socket],
  });
  try {
    if (cgroup !== '' && child.pid !== undefined) joinShimCgroup(cgroup, child.pid);
  } catch (error) {
    child.kill('SIGKILL');
    rmSync(path, { force: true });
    throw error;
  }
  child.unref();
  closeSync(socket);
  closeSync(nothing);
}

/** Keeps others from starting a shim meanwhile, who might be of the same group; the result lets them. */
function lock(folder: string): () => void {
  const fd = openSync(folder, 'r');
  syscall('flock', [fd, lockExclusive], `lock ${folder}`);
  return () => closeSync(fd);
}

/** The script, where the engine runs this program from its source; a built program is its own executable. */
function sourceArguments(): string[] {
  const [, script = ''] = process.argv;
  return script.startsWith('/$bunfs/') ? [] : [script];
}

/** Whether a shim listens at a path; the connection is closed at once. */
function isServed(path: string): boolean {
  try {
    closeSync(connectUnix(path));
    return true;
  } catch {
    return false;
  }
}

function withoutScheme(address: string): string {
  return address.replace(/^unix:\/\//, '');
}
