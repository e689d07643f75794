/**
 * `start`, which containerd runs: makes the listening socket, starts the shim with it as fd 3, prints its address.
 * Nothing else may be printed: containerd takes all output for the address.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { connectUnix, listenUnix } from '@drydock/linux/socket';
import type { ShimArguments } from './arguments.ts';
import { annotations } from './task/bundle.ts';

const socketFolder = '/run/drydock/s';
/** Annotations that let containers share a shim: containers with the same value have the same one. */
const groupAnnotations = ['io.containerd.runc.v2.group', 'io.kubernetes.cri.sandbox-id'];

/** An engine that never compiles needs a third less memory, and what a shim does is not worth compiling. */
const leanEngine = { BUN_JSC_useJIT: '0', BUN_JSC_useWasm: '0', BUN_JSC_useConcurrentGC: '0' };

/** Starts the shim of the bundle in the working directory, unless another container's shim serves it too. */
export function startShim({ namespace, id, address, debug }: ShimArguments): void {
  const bundle = process.cwd();
  const known = annotations(bundle);
  const key = groupAnnotations.map((name) => known[name]).find(Boolean) ?? id;
  const name = createHash('sha256')
    .update(join(address, namespace, key))
    .digest('hex');
  const path = join(socketFolder, name);
  mkdirSync(socketFolder, { recursive: true, mode: 0o700 });
  if (!isServed(path))
    launch(path, ['-namespace', namespace, '-id', id, '-address', address, ...(debug ? ['-debug'] : [])]);
  writeFileSync(join(bundle, '.address'), `unix://${path}`, { flag: 'wx' });
  renameSync(join(bundle, '.address'), join(bundle, 'address'));
  writeSync(1, `unix://${path}`);
}

function launch(path: string, flags: readonly string[]): void {
  const socket = listenUnix(path);
  const nothing = openSync('/dev/null', 'r+');
  const child = spawn(process.execPath, [...sourceArguments(), ...flags], {
    detached: true,
    env: { ...process.env, ...leanEngine },
    stdio: [nothing, nothing, nothing, socket],
  });
  child.unref();
  closeSync(socket);
  closeSync(nothing);
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
