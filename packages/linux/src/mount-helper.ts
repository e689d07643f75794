/**
 * Filesystems that a program serves: `fuse3.NAME` is mounted by `mount.fuse3 … -t NAME` (mount.fuse3(8)), which starts NAME.
 * The types are those of containerd's mounts; containerd calls the same two helpers, and no others.
 */
import type { SpawnSyncReturns } from 'node:child_process';
import type { MountSpec } from './mount.ts';

const helpers = ['mount.fuse', 'mount.fuse3'];

/** The helper program of a mount's type and its arguments, or undefined if the kernel mounts this type itself. */
export function helperCommand({ type, source, options }: MountSpec, target: string): string[] | undefined {
  const helper = helpers.find((name) => type.startsWith(`${name.slice('mount.'.length)}.`));
  if (helper === undefined) return undefined;
  const name = type.slice(type.indexOf('.') + 1);
  return [helper, source, target, ...options.flatMap((option) => ['-o', option]), '-t', name];
}

/** Runs a helper; returns when the filesystem is there. Throws with what the helper said. */
export function runHelper(command: readonly string[], op: string): void {
  // Most mounts, and those of programs that must start quickly, need no other program.
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const [program = '', ...args] = command;
  const { status, stderr, error }: SpawnSyncReturns<string> = spawnSync(program, args, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin' },
    // The server that the helper starts outlives it, and would hold a pipe for its messages open.
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (error !== undefined) throw new Error(`${op}: ${program}: ${error.message}`, { cause: error });
  if (status !== 0) throw new Error(`${op}: ${program}: ${stderr.trim() || `exit code ${status}`}`);
}
