/** A tmpfs that begins as a copy of the directory that it covers: `tmpcopyup`. It is filled before it is mounted anywhere. */
import { Errno } from '@drydock/linux/errno';
import { Memory, Slot } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import { At, flags, O, octal, openHow, Resolve, S } from './constants.ts';
import type { CopiedFile } from './host.ts';
import type { MountJob } from './mount.ts';
import { openExisting } from './paths.ts';

/** As much as one sendfile(2) copies, whatever it is asked for. */
const mostBytes = 0x7ffff000;
const inside = flags(Resolve.RESOLVE_NO_MAGICLINKS, Resolve.RESOLVE_NO_SYMLINKS, Resolve.RESOLVE_BENEATH);
const howRead = openHow(flags(O.O_RDONLY, O.O_NOFOLLOW, O.O_CLOEXEC), inside);

/** Copies the files that the parent has found in the image's directory to a tmpfs. */
export function copyUp(program: Program, job: MountJob, tree: Slot, files: readonly CopiedFile[]): void {
  const { root, destination, failure } = job;
  const source = new Slot(`image's ${destination}`);
  const fails = (op: string) => (errno: number) => failure(`${op} to the tmpfs`, errno);
  openExisting(program, root, destination, 'directory', { store: source, failure: fails(`copy ${destination}`) });
  for (const file of files) {
    const { path, uid, gid, mode } = file;
    const failing = { failure: fails(`copy ${destination}/${path}`) };
    const permissions = octal(mode);
    if (file.kind === 'directory') program.call('mkdirat', [tree, path, permissions], failing);
    else if (file.kind === 'link') program.call('symlinkat', [file.target ?? '', tree, path], failing);
    else if (file.kind === 'fifo') program.call('mknodat', [tree, path, flags(S.S_IFIFO, permissions), 0], failing);
    else copyContents(program, { source, tree, file, failing });
    program.call('fchownat', [tree, path, uid, gid, At.AT_SYMLINK_NOFOLLOW], failing);
    // After the owner, whose change takes the set-user-id bit away; and the creation mask has taken part of it.
    if (file.kind !== 'link') program.call('fchmodat', [tree, path, permissions], failing);
  }
  program.call('close', [source]);
}

interface Copy {
  readonly source: Slot;
  readonly tree: Slot;
  readonly file: CopiedFile;
  readonly failing: { readonly failure: (errno: number) => string };
}

function copyContents(program: Program, { source, tree, file, failing }: Copy): void {
  const { path, mode, size = 0 } = file;
  const [from, to] = [new Slot(`image's ${path}`), new Slot(`copy of ${path}`)];
  program.call('openat2', [source, path, howRead, 24], { store: from, ...failing });
  const how = flags(O.O_WRONLY, O.O_CREAT, O.O_EXCL, O.O_NOFOLLOW, O.O_CLOEXEC);
  program.call('openat', [tree, path, how, octal(mode)], { store: to, ...failing });
  for (let rest = size; rest > 0; rest -= mostBytes) {
    const count = Math.min(rest, mostBytes);
    const copied = new Slot('bytes copied');
    program.call('sendfile', [to, from, 0, count], { store: copied, ...failing });
    // Less, if somebody has cut it short since the parent looked.
    program.call('compare', [new Memory('bytes copied', 8, [[0, copied]]), -1, count, -Errno.EIO], failing);
  }
  program.call('close', [from]);
  program.call('close', [to]);
}
