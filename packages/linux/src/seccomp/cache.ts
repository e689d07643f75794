/**
 * Compiled seccomp filters kept in files, since compiling one takes longer than all else that making a container does. A
 * file holds what it was compiled from, so that a filter is only used for exactly that.
 */
import { makeDirectories, Open, readBytes, rename, writeFile } from '../disk.ts';
import { Errno } from '../errno.ts';
import { SyscallError } from '../syscall.ts';
import { compileSeccomp } from './compile.ts';
import type { SeccompProfile } from './profile.ts';

/** Counts the changes of what compiling makes of a profile. */
const compiler = 2;

/** The filter of a profile, from the cache directory or compiled into it. `kernel` is the kernel's release. */
export function cachedSeccomp(profile: SeccompProfile, directory: string, kernel: string): Uint8Array {
  const source = Buffer.from(`${JSON.stringify({ machine: process.arch, kernel, compiler, profile })}\n`);
  const path = `${directory}/seccomp-${hash(source)}`;
  const cached = read(path);
  if (cached?.subarray(0, source.length).equals(source)) return cached.subarray(source.length);
  const filter = compileSeccomp(profile);
  store(directory, path, Buffer.concat([source, filter]));
  return filter;
}

function read(path: string): Buffer | undefined {
  try {
    return readBytes(path);
  } catch (error) {
    if (error instanceof SyscallError && error.errno === Errno.ENOENT) return undefined;
    throw error;
  }
}

/** Readers see either no file or a whole one. */
function store(directory: string, path: string, contents: Uint8Array): void {
  makeDirectories(directory, 0o700);
  const temporary = `${path}.${process.pid}`;
  writeFile(temporary, contents, Open.exclusive);
  rename(temporary, path);
}

/** How much of a source is looked at to name its file. */
const sampled = 512;

/** FNV-1a, 32 bits, of the length and of a sample: it names the file, and what is in the file decides. */
function hash(bytes: Uint8Array): string {
  let value = 0x811c9dc5 ^ bytes.length;
  const step = Math.max(1, Math.floor(bytes.length / sampled));
  for (let index = 0; index < bytes.length; index += step) value = Math.imul(value ^ bytes[index]!, 0x01000193);
  return (value >>> 0).toString(16).padStart(8, '0');
}
