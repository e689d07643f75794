/** The container's view of its cgroups at /sys/fs/cgroup. */

import { Errno } from '@drydock/linux/errno';
import { Slot } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import { AT_FDCWD, Fs, flags, MountAttr, mountAttr, O, octal } from './constants.ts';
import { attach, type MountJob, mountOne, setAttributes } from './mount.ts';
import { attributeFlags, isReadOnly, withoutReadOnly } from './mount-options.ts';
import { openExisting } from './paths.ts';

/** Version 2 is one filesystem; of version 1 each hierarchy is a directory in a tmpfs, and shows the container's own part. */
export function mountCgroups(program: Program, job: MountJob): void {
  if (job.host.cgroup.version !== 2) mountHierarchies(program, job);
  else if (job.host.userNamespace && !job.cgroupNamespace) bindUnified(program, job);
  else mountOne(program, { ...job, mount: { ...job.mount, type: 'cgroup2', source: 'cgroup' } });
}

const unified = '/sys/fs/cgroup';

/** The root of a user namespace may mount version 2 only if a cgroup namespace is its own too: else it sees the host's mount. */
function bindUnified(program: Program, job: MountJob): void {
  const sources = new Map([...job.host.sources, [unified, { kind: 'directory', procfs: false }] as const]);
  mountOne(program, {
    ...job,
    host: { ...job.host, sources },
    mount: { ...job.mount, type: 'bind', source: unified },
    parsed: { ...job.parsed, bind: true, recursive: false, data: [] },
  });
}

function mountHierarchies(program: Program, job: MountJob): void {
  const { destination, parsed, root, failure, host } = job;
  mountOne(program, {
    ...job,
    mount: { ...job.mount, type: 'tmpfs', source: 'tmpfs' },
    parsed: { ...parsed, attributes: withoutReadOnly(parsed.attributes), data: ['mode=755'], propagation: [] },
  });
  const top = new Slot('cgroup tmpfs');
  const fails = (op: string) => (errno: number) => failure(op, errno);
  openExisting(program, root, destination, 'directory', { store: top, failure: fails(`open ${destination}`) });
  for (const { name, source, options, links } of host.cgroup.directories) {
    const path = `${destination}/${name}`;
    program.call('mkdirat', [top, name, octal(0o755)], { tolerate: [Errno.EEXIST], failure: fails(`mkdir ${path}`) });
    const target = new Slot(`fd of ${path}`);
    openExisting(program, root, path, 'directory', { store: target, failure: fails(`open ${path}`) });
    const tree = job.cgroupNamespace ? newMount(program, job, options) : ownPart(program, job, source);
    attach(program, tree, target, fails(`mount cgroup on ${path}`));
    program.call('close', [tree]);
    for (const link of links)
      program.call('symlinkat', [name, top, link], { tolerate: [Errno.EEXIST], failure: fails(`symlink ${link}`) });
  }
  if (isReadOnly(parsed.attributes))
    setAttributes(program, top, mountAttr(MountAttr.MOUNT_ATTR_RDONLY), false, fails(`make ${destination} read-only`));
  program.call('close', [top]);
}

/** In a cgroup namespace a new mount shows the container's cgroup as its root. */
function newMount(program: Program, { parsed, failure }: MountJob, options: readonly string[]): Slot {
  const [context, tree] = [new Slot('cgroup filesystem'), new Slot('cgroup mount')];
  const fails = (errno: number) => failure(`mount cgroup (${options.join(',')})`, errno);
  program.call('fsopen', ['cgroup', Fs.FSOPEN_CLOEXEC], { store: context, failure: fails });
  for (const option of options) {
    const [key = '', value] = option.split('=');
    const what = value === undefined ? Fs.FSCONFIG_SET_FLAG : Fs.FSCONFIG_SET_STRING;
    program.call('fsconfig', [context, what, key, value ?? 0, 0], { failure: fails });
  }
  program.call('fsconfig', [context, Fs.FSCONFIG_CMD_CREATE, 0, 0, 0], { failure: fails });
  const { set } = attributeFlags(parsed.attributes);
  program.call('fsmount', [context, Fs.FSMOUNT_CLOEXEC, set], { store: tree, failure: fails });
  program.call('close', [context]);
  return tree;
}

/** Without one, the container's directory of the host's mount is bound. */
function ownPart(program: Program, { parsed, failure }: MountJob, source: string): Slot {
  const tree = new Slot('cgroup mount');
  const fails = (errno: number) => failure(`mount ${source}`, errno);
  const { set, clear } = attributeFlags(parsed.attributes);
  program.call('open_tree', [AT_FDCWD, source, flags(Fs.OPEN_TREE_CLONE, O.O_CLOEXEC)], {
    store: tree,
    failure: fails,
  });
  setAttributes(program, tree, mountAttr(set, clear), false, fails);
  return tree;
}
