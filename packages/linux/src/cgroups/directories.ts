/** Directories of cgroups: what both versions do with them. */
import {
  closeFile,
  exists,
  listDirectory,
  makeDirectories,
  Open,
  openFile,
  pause,
  readText,
  removeEmptyDirectory,
  writeExisting,
} from '../disk.ts';
import { Errno, errnoText } from '../errno.ts';
import { SyscallError, trySyscall } from '../syscall.ts';
import { CgroupError } from './cgroup.ts';
import type { Setting } from './resources.ts';

/** Makes directories; those that were made are removed again if one fails. */
export function createAll(paths: Iterable<string>): void {
  const made: string[] = [];
  try {
    for (const path of new Set(paths)) if (makeDirectories(path)) made.push(path);
  } catch (error) {
    for (const path of made) removeEmptyDirectory(path);
    throw error;
  }
}

/** Writes settings one by one, those last that were refused but may be possible then. `write` writes one. */
export function writeEach(settings: readonly Setting[], write: (setting: Setting) => void): void {
  const later: Setting[] = [];
  for (const setting of settings) {
    try {
      write(setting);
    } catch (error) {
      if (!setting.perhapsLater || !(error instanceof CgroupError)) throw error;
      later.push(setting);
    }
  }
  for (const setting of later) write(setting);
}

/** Writes a setting. `directory` is undefined if the controller is not there. */
export function writeSetting(directory: string | undefined, setting: Setting): void {
  const { controller, file, value, optional } = setting;
  if (directory === undefined) throw missingController(controller);
  const path = `${directory}/${file}`;
  try {
    writeExisting(path, value);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (optional && error.errno === Errno.ENOENT) return;
    if (error.op.startsWith('open')) throw new CgroupError(`${error.op}: ${errnoText(error.errno)}`, controller);
    throw writeFailure(path, setting, error.errno);
  }
}

function missingController(controller: string): CgroupError {
  return new CgroupError(`cannot set ${controller} limit: container could not join or create cgroup`, controller);
}

function writeFailure(path: string, { controller, value }: Setting, errno: number): CgroupError {
  return new CgroupError(`failed to write "${value}": write ${path}: ${errnoText(errno)}`, controller);
}

/** Writes settings of one controller; rows of values for one file are written without opening it again. */
export function writeSettings(directory: string | undefined, settings: readonly Setting[]): void {
  let open: { file: string; descriptor: number } | undefined;
  try {
    for (const setting of settings) {
      const { file, value, controller } = setting;
      if (directory === undefined) throw missingController(controller);
      if (open?.file !== file) {
        if (open) closeFile(open.descriptor);
        open = { file, descriptor: openFile(`${directory}/${file}`, Open.write) };
      }
      const result = trySyscall('write', open.descriptor, value, value.length);
      if (result < 0) throw writeFailure(`${directory}/${file}`, setting, -result);
    }
  } finally {
    if (open) closeFile(open.descriptor);
  }
}

/** The processes in a cgroup and in those below it. */
export function processesIn(directory: string): number[] {
  if (!exists(directory)) return [];
  try {
    const pids = readMembers(directory).split('\n').filter(Boolean).map(Number);
    return [...pids, ...childrenOf(directory).flatMap(processesIn)];
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** Whether a cgroup was removed meanwhile: systemd does that when the last process of a scope has ended. */
function isGone(error: unknown): boolean {
  return error instanceof SyscallError && (error.errno === Errno.ENOENT || error.errno === Errno.ENODEV);
}

/** A threaded cgroup of version 2 does not tell its processes (EOPNOTSUPP), but their threads: the first has the pid. */
function readMembers(directory: string): string {
  try {
    return readText(`${directory}/cgroup.procs`);
  } catch (error) {
    if (!(error instanceof SyscallError && error.errno === Errno.ENOTSUP)) throw error;
    return readText(`${directory}/cgroup.threads`);
  }
}

/**
 * Removes a cgroup and those below it. The kernel answers EBUSY while there are some, and for a moment after the last
 * process has ended, so that is tried again for about a second.
 */
export function removeTree(directory: string): void {
  for (let delay = 1; ; delay *= 2) {
    try {
      removeEmptyDirectory(directory);
      return;
    } catch (error) {
      if (!(error instanceof SyscallError && error.errno === Errno.EBUSY) || delay > 512) throw error;
      const children = childrenIfPresent(directory);
      for (const child of children) removeTree(child);
      if (children.length === 0) pause(delay);
    }
  }
}

function childrenOf(directory: string): string[] {
  return listDirectory(directory)
    .filter((name) => name.endsWith('/'))
    .map((name) => `${directory}/${name.slice(0, -1)}`);
}

function childrenIfPresent(directory: string): string[] {
  try {
    return childrenOf(directory);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}
