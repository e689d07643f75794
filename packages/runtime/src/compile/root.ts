/** The root filesystem: made a mount of its own, and later the process's root (pivot_root(2)). */
import { errnoText } from '@drydock/linux/errno';
import { type Named, Slot } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import { AT_FDCWD, At, Fs, flags, Ms, mountAttr, O } from './constants.ts';
import type { Host } from './host.ts';
import { setAttributes } from './mount.ts';

const propagations: Readonly<Record<string, Named>> = {
  shared: flags(Ms.MS_SHARED),
  rshared: flags(Ms.MS_SHARED, Ms.MS_REC),
  slave: flags(Ms.MS_SLAVE),
  rslave: flags(Ms.MS_SLAVE, Ms.MS_REC),
  private: flags(Ms.MS_PRIVATE),
  rprivate: flags(Ms.MS_PRIVATE, Ms.MS_REC),
  unbindable: flags(Ms.MS_UNBINDABLE),
  runbindable: flags(Ms.MS_UNBINDABLE, Ms.MS_REC),
};

/** The words for `linux.rootfsPropagation`. */
export const knownPropagations = Object.keys(propagations);

/** Binds the root filesystem on itself; answers its descriptor. */
export function compileRoot(program: Program, rootfs: string, propagation: string, host: Host): Slot {
  program.stage('root', 'linux.rootfsPropagation');
  // What cannot be bound is made so last.
  const change = propagation.includes('unbindable') ? undefined : propagations[propagation];
  // Mounts other than / stay shared with the host, if they are, unless all are told otherwise.
  const shared =
    change !== undefined &&
    !['rslave', 'rprivate'].includes(propagation) &&
    !(propagation === 'slave' && host.rootParent === '/');
  const fails = (op: string) => (errno: number) =>
    `error during container init: error preparing rootfs: ${op}: ${errnoText(errno)}`;
  program.call('mount', ['', '/', '', change ?? flags(Ms.MS_SLAVE, Ms.MS_REC), 0], {
    failure: fails(`make mounts ${propagation || 'rslave'}`),
  });
  program.field('root.path');
  // There the bind below would appear in the host too.
  if (shared)
    program.call('mount', ['', host.rootParent, '', Ms.MS_PRIVATE, 0], {
      failure: fails(`make ${host.rootParent} private`),
    });
  const root = new Slot('rootfs');
  const how = flags(Fs.OPEN_TREE_CLONE, At.AT_RECURSIVE, O.O_CLOEXEC);
  program.call('open_tree', [AT_FDCWD, rootfs, how], { store: root, failure: fails(`bind ${rootfs}`) });
  program.call('move_mount', [root, '', AT_FDCWD, rootfs, Fs.MOVE_MOUNT_F_EMPTY_PATH], {
    failure: fails(`mount ${rootfs}`),
  });
  // pivot_root refuses a shared one.
  if (shared)
    setAttributes(program, root, mountAttr(flags(), flags(), Ms.MS_PRIVATE), false, fails(`make ${rootfs} private`));
  return root;
}

/** Makes the root filesystem the root, and lets go of the old one. The working directory is the root then. */
export function compileChangeRoot(program: Program, root: Slot, { pivot }: { readonly pivot: boolean }): void {
  program.stage('root', 'root.path');
  const fails = (op: string) => (errno: number) => `error during container init: ${op}: ${errnoText(errno)}`;
  if (pivot) {
    const old = new Slot('old root');
    program.call('openat', [AT_FDCWD, '/', flags(O.O_PATH, O.O_DIRECTORY, O.O_CLOEXEC), 0], { store: old });
    program.call('fchdir', [root], { failure: fails('fchdir to rootfs') });
    // The new root on the old one: both are then mounted on `.`, and the old one is the upper.
    program.call('pivot_root', ['.', '.'], { failure: fails('error jailing process inside rootfs: pivot_root') });
    program.call('fchdir', [old], { failure: fails('fchdir to old root') });
    program.call('mount', ['', '.', '', flags(Ms.MS_SLAVE, Ms.MS_REC), 0], { failure: fails('make old root a slave') });
    program.call('umount2', ['.', Fs.MNT_DETACH], { failure: fails('unmount old root') });
    program.call('close', [old]);
  } else {
    program.call('fchdir', [root], { failure: fails('fchdir to rootfs') });
    program.call('move_mount', [root, '', AT_FDCWD, '/', Fs.MOVE_MOUNT_F_EMPTY_PATH], {
      failure: fails('move rootfs to /'),
    });
    program.call('chroot', ['.'], { failure: fails('chroot to rootfs') });
  }
  program.call('chdir', ['/'], { failure: fails('chdir /') });
  program.call('close', [root]);
}

/** Gives the new root the propagation that was asked for. */
export function compileRootPropagation(program: Program, propagation: string): void {
  const change = propagations[propagation];
  if (change === undefined || propagation.includes('slave')) return;
  program.stage('root', 'linux.rootfsPropagation');
  program.call('mount', ['', '/', '', change, 0], { failure: `make / ${propagation}` });
}
