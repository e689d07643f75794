/** What of /proc and /sys a container may not see or write, and its own root if that is read-only. */
import { Errno, errnoText } from '@drydock/linux/errno';
import { type Label, Memory, Slot } from '@drydock/linux/program/operation';
import type { CallOptions, Program } from '@drydock/linux/program/program';
import { AT_FDCWD, At, Fs, flags, MountAttr, mountAttr, O, openHow, Resolve } from './constants.ts';
import { setAttributes } from './mount.ts';
import { openExisting } from './paths.ts';

const fails = (op: string) => (errno: number) => `error during container init: ${op}: ${errnoText(errno)}`;

interface CoverOptions extends Pick<CallOptions, 'tolerate' | 'onError'> {
  readonly failure: (errno: number) => string;
  readonly done?: Label;
}

const attachEmpty = flags(Fs.MOVE_MOUNT_F_EMPTY_PATH, Fs.MOVE_MOUNT_T_EMPTY_PATH);

/** Makes paths read-only, each by a read-only mount of itself; the root is the container's. Absent ones are passed over. */
export function compileReadOnlyPaths(program: Program, paths: readonly string[]): void {
  program.stage('restrict', 'linux.readonlyPaths');
  for (const path of paths) {
    const [target, tree] = [new Slot(`fd of ${path}`), new Slot(`mount of ${path}`)];
    const absent = program.label();
    const op = `make ${path} read-only`;
    openExisting(program, AT_FDCWD, path, 'any', {
      store: target,
      tolerate: [Errno.ENOENT],
      onError: absent,
      failure: fails(op),
    });
    const how = flags(Fs.OPEN_TREE_CLONE, At.AT_EMPTY_PATH, At.AT_RECURSIVE, O.O_CLOEXEC);
    program.call('open_tree', [target, '', how], { store: tree, failure: fails(op) });
    setAttributes(program, tree, mountAttr(MountAttr.MOUNT_ATTR_RDONLY), false, fails(op));
    program.call('move_mount', [tree, '', target, '', attachEmpty], { failure: fails(op) });
    program.call('close', [tree]);
    program.call('close', [target]);
    program.place(absent);
  }
}

/** Hides paths: a directory by an empty read-only filesystem, a file by /dev/null. Absent ones are passed over. */
export function compileMaskedPaths(program: Program, paths: readonly string[], label?: string): void {
  if (paths.length === 0) return;
  program.stage('restrict', 'linux.maskedPaths');
  const null_ = openNull(program);
  const empty = emptyFilesystem(program, label);
  for (const path of paths) {
    const target = new Slot(`fd of ${path}`);
    const [file, done] = [program.label(), program.label()];
    const failure = fails(`can't mask path "${path}"`);
    openExisting(program, AT_FDCWD, path, 'directory', {
      store: target,
      tolerate: [Errno.ENOENT, Errno.ENOTDIR],
      onError: file,
      failure,
    });
    coverWithNew(program, empty, target, { failure });
    program.call('close', [target], { onSuccess: done });
    program.place(file);
    openExisting(program, AT_FDCWD, path, 'any', {
      store: target,
      tolerate: [Errno.ENOENT, Errno.ENOTDIR],
      onError: done,
      failure,
    });
    cover(program, null_, target, { failure });
    program.call('close', [target]);
    program.place(done);
  }
  program.call('close', [null_]);
  program.call('close', [empty]);
}

/** The container's /dev/null, which must be that and no link to something else (CVE-2025-31133). */
function openNull(program: Program): Slot {
  const descriptor = new Slot('/dev/null');
  const status = new Memory('status', 256);
  const how = openHow(
    flags(O.O_PATH, O.O_NOFOLLOW, O.O_CLOEXEC),
    flags(Resolve.RESOLVE_IN_ROOT, Resolve.RESOLVE_NO_MAGICLINKS),
  );
  program.call('openat2', [AT_FDCWD, '/dev/null', how, 24], { store: descriptor, failure: fails('open /dev/null') });
  program.call('statx', [descriptor, '', At.AT_EMPTY_PATH, 1, status], { failure: fails('stat /dev/null') });
  const rdev = 128;
  const number = { value: 1n | (3n << 32n), text: '1:3' };
  program.call('compare', [status.at(rdev), -1, number, -Errno.ENODEV], {
    failure: fails('/dev/null is no null device'),
  });
  return descriptor;
}

/** One empty filesystem, which covers every masked directory. */
function emptyFilesystem(program: Program, label: string | undefined): Slot {
  const [context, tree] = [new Slot('empty filesystem'), new Slot('empty mount')];
  const failure = fails('make an empty filesystem');
  program.call('fsopen', ['tmpfs', Fs.FSOPEN_CLOEXEC], { store: context, failure });
  program.call('fsconfig', [context, Fs.FSCONFIG_SET_STRING, 'source', 'tmpfs', 0], { failure });
  if (label) program.call('fsconfig', [context, Fs.FSCONFIG_SET_STRING, 'context', label, 0], { failure });
  program.call('fsconfig', [context, Fs.FSCONFIG_SET_FLAG, 'ro', 0, 0], { failure });
  program.call('fsconfig', [context, Fs.FSCONFIG_CMD_CREATE, 0, 0, 0], { failure });
  program.call('fsmount', [context, Fs.FSMOUNT_CLOEXEC, MountAttr.MOUNT_ATTR_RDONLY], { store: tree, failure });
  program.call('close', [context]);
  return tree;
}

/** Mounts a copy of `what` on the target, and goes on at `done`, or at the next operation. */
function cover(program: Program, what: Slot, target: Slot, { done, ...options }: CoverOptions): void {
  const { failure } = options;
  const tree = new Slot('mask');
  const how = flags(Fs.OPEN_TREE_CLONE, At.AT_EMPTY_PATH, O.O_CLOEXEC);
  program.call('open_tree', [what, '', how], { store: tree, ...options });
  program.call('move_mount', [tree, '', target, '', attachEmpty], { failure });
  program.call('close', [tree], done ? { onSuccess: done } : {});
}

/**
 * The same of a mount that may be nowhere yet. Before Linux 6.15 such a one cannot be copied (EINVAL): then it is mounted
 * there itself, and can be copied from then on.
 */
function coverWithNew(program: Program, what: Slot, target: Slot, { failure }: CoverOptions): void {
  const [itself, done] = [program.label(), program.label()];
  cover(program, what, target, { tolerate: [Errno.EINVAL], onError: itself, failure, done });
  program.place(itself);
  program.call('move_mount', [what, '', target, '', attachEmpty], { failure });
  program.place(done);
}
