/**
 * Operations on paths below a root that the container's image may have prepared: every component is resolved by the kernel
 * with the root as `/` (openat2(2)), and what is mounted or made is named by a descriptor from there on.
 */
import { Errno } from '@drydock/linux/errno';
import { type Argument, type Memory, type Named, Slot } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import { flags, O, octal, openHow, Resolve } from './constants.ts';

const inRoot = flags(Resolve.RESOLVE_IN_ROOT, Resolve.RESOLVE_NO_MAGICLINKS);
const howAny = openHow(flags(O.O_PATH, O.O_CLOEXEC), inRoot);
const howDirectory = openHow(flags(O.O_PATH, O.O_DIRECTORY, O.O_CLOEXEC), inRoot);
/** A directory that is reached without any link: what procfs and sysfs are mounted on. */
const howPlainDirectory = openHow(
  flags(O.O_PATH, O.O_DIRECTORY, O.O_NOFOLLOW, O.O_CLOEXEC),
  flags(Resolve.RESOLVE_IN_ROOT, Resolve.RESOLVE_NO_MAGICLINKS, Resolve.RESOLVE_NO_SYMLINKS),
);
const howBytes = 24;

/** A file that no link leads to, or the link itself: what the terminal is mounted on. */
const howPlainFile = openHow(
  flags(O.O_PATH, O.O_NOFOLLOW, O.O_CLOEXEC),
  flags(Resolve.RESOLVE_IN_ROOT, Resolve.RESOLVE_NO_MAGICLINKS, Resolve.RESOLVE_NO_SYMLINKS),
);

/** Absent; or the kernel is not sure because of a rename elsewhere, and the next try will tell. */
const perhapsAbsent = [Errno.ENOENT, Errno.EAGAIN];

const exists = [Errno.EEXIST];
const directoryMode = octal(0o755);

/** What a path is, or shall be made if it is missing. */
export type TargetKind = 'directory' | 'plain directory' | 'file' | 'plain file' | 'any';

const hows: Readonly<Record<TargetKind, Memory>> = {
  directory: howDirectory,
  'plain directory': howPlainDirectory,
  file: howAny,
  'plain file': howPlainFile,
  any: howAny,
};

export interface TargetOptions {
  /** A descriptor of the root, or AT_FDCWD while the working directory is the root. */
  readonly root: Slot | Named;
  readonly path: string;
  readonly kind: TargetKind;
  /** The directory that it is in, if that is open already. */
  readonly parent?: Slot | undefined;
  /** What failed, for a component that is at fault and an errno: `mkdir /a/b: not a directory`. */
  readonly failure: (op: string, errno: number) => string;
}

/** Opens a path (O_PATH), making what is missing: directories with mode 0755, a file with 0644. Answers its descriptor. */
export function openTarget(program: Program, options: TargetOptions): Slot {
  const { root, path, kind, failure } = options;
  const target = new Slot(`fd of ${path}`);
  const how = hows[kind];
  const found = program.label();
  const parts = path.split('/').filter(Boolean);
  const fails = (op: string) => (errno: number) => failure(`${op} ${path}`, errno);
  // At the root there is nothing to make.
  const tolerate = parts.length === 0 ? [] : perhapsAbsent;
  open(program, root, path, how, { store: target, tolerate, onSuccess: found, failure: fails('open') });
  if (parts.length > 0) {
    const parent = options.parent ?? openParent(program, options);
    const name = parts.at(-1)!;
    if (kind === 'file' || kind === 'plain file' || kind === 'any') {
      const created = new Slot('created file');
      const flag = flags(O.O_CREAT, O.O_NOFOLLOW, O.O_CLOEXEC);
      program.call('openat', [parent, name, flag, octal(0o644)], { store: created, failure: fails('create') });
      program.call('close', [created]);
    } else {
      program.call('mkdirat', [parent, name, directoryMode], { tolerate: exists, failure: fails('mkdir') });
    }
    if (parts.length > 1 && !options.parent) program.call('close', [parent]);
    open(program, root, path, how, { store: target, failure: fails('open') });
  }
  program.place(found);
  return target;
}

/** Opens the directory that a path is in, making what is missing. */
export function openParent(
  program: Program,
  { root, path: target, failure }: Omit<TargetOptions, 'kind' | 'parent'>,
): Slot | Named {
  let parent: Slot | Named = root;
  let prefix = '';
  for (const part of target.split('/').filter(Boolean).slice(0, -1)) {
    const above: Slot | Named = parent;
    const path = `${prefix}/${part}`;
    prefix = path;
    const fails = (op: string) => (errno: number) => failure(`${op} ${path}`, errno);
    const here = new Slot(`fd of ${path}`);
    const found = program.label();
    open(program, root, path, howDirectory, {
      store: here,
      tolerate: perhapsAbsent,
      onSuccess: found,
      failure: fails('mkdir'),
    });
    program.call('mkdirat', [above, part, directoryMode], { tolerate: exists, failure: fails('mkdir') });
    open(program, root, path, howDirectory, { store: here, failure: fails('open') });
    program.place(found);
    if (above !== root) program.call('close', [above]);
    parent = here;
  }
  return parent;
}

/** Opens an existing path; what happens otherwise is in the options. */
export function openExisting(
  program: Program,
  root: Slot | Named,
  path: string,
  kind: TargetKind,
  options: Parameters<Program['call']>[2],
): void {
  open(program, root, path, hows[kind], options);
}

function open(
  program: Program,
  root: Slot | Named,
  path: string,
  how: Memory,
  options: Parameters<Program['call']>[2],
): void {
  const args: Argument[] = [root, path === '' ? '/' : path, how, howBytes];
  program.call('openat2', args, options);
}
