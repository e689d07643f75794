/** One mount, named by descriptors throughout (fsopen(2), open_tree(2), mount_setattr(2), move_mount(2)). */
import { Errno } from '@drydock/linux/errno';
import { Memory, type Named, Slot } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import type { Mount } from '@drydock/oci/runtime-spec';
import { Failure } from '../failure.ts';
import { AT_FDCWD, At, Fs, flags, MountAttr, mountAttr, O } from './constants.ts';
import { copyUp } from './copy-up.ts';
import type { CopiedFile, Host, PreparedMount } from './host.ts';
import { hasLongOption, mountWithLongOptions } from './long-mount.ts';
import { attributeFlags, isReadOnly, type MountOptions, withoutReadOnly } from './mount-options.ts';
import { openExisting, openTarget, type TargetKind } from './paths.ts';

/** Files of /proc that something else may be mounted on (lxcfs does): nothing of the kernel's trust is in them. */
const allowedInProc = new Set(
  ['cpuinfo', 'diskstats', 'meminfo', 'stat', 'swaps', 'uptime', 'loadavg', 'slabinfo', 'net/dev'].map(
    (name) => `/proc/${name}`,
  ),
);
allowedInProc.add('/proc/sys/kernel/ns_last_pid');

const duplicate: Named = { value: 1030, text: 'F_DUPFD_CLOEXEC' };
/** f_type of procfs (statfs(2)). */
const procMagic = { value: 0x9fa0, text: 'PROC_SUPER_MAGIC' };
/** `struct statfs`, for one target after another. */
const filesystemStatus = new Memory('filesystem status', 120);

export interface MountsOptions {
  readonly mounts: readonly Mount[];
  readonly rootfs: string;
  /** Descriptor of the root. */
  readonly root: Slot;
  readonly host: Host;
  readonly cgroupNamespace: boolean;
  /** The SELinux context of filesystems that are made, if they have one. */
  readonly label: string | undefined;
}

/** One mount, with what is known of it. */
export interface MountJob extends MountsOptions {
  readonly mount: Mount;
  readonly destination: string;
  readonly parsed: MountOptions;
  /** The directory of the destination, if that is open already. */
  readonly parent?: Slot | undefined;
  readonly prepared?: PreparedMount | undefined;
  /** What a tmpfs begins with. */
  readonly copied?: readonly CopiedFile[] | undefined;
  /** The message of a failing operation on this mount. */
  readonly failure: (op: string, errno: number) => string;
}

/** Makes one mount and puts it at its destination. */
export function mountOne(program: Program, job: MountJob): void {
  const { mount, destination, parsed, root, failure } = job;
  refuseProc(job);
  const long = !parsed.bind && hasLongOption(filesystemData(job));
  const filled = job.copied?.length
    ? { ...job, parsed: { ...parsed, attributes: withoutReadOnly(parsed.attributes) } }
    : job;
  const made = long ? undefined : parsed.bind ? cloneSource(program, job) : makeFilesystem(program, filled);
  const kind = targetKind(job);
  const target = openTarget(program, {
    root,
    path: destination,
    parent: job.parent,
    kind,
    failure: targetFailure(job),
  });
  if (made && job.copied?.length) {
    copyUp(program, job, made, job.copied);
    if (isReadOnly(parsed.attributes))
      setAttributes(program, made, mountAttr(MountAttr.MOUNT_ATTR_RDONLY), false, (errno) =>
        failure(`make ${destination} read-only`, errno),
      );
  }
  if (destination !== '/proc' && !destination.startsWith('/proc/')) refuseProcTarget(program, job, target);
  if (made) {
    attach(program, made, target, (errno) =>
      // A file on a directory, or the other way round.
      failure(moveText(job), errno === Errno.EINVAL && parsed.bind ? Errno.ENOTDIR : errno),
    );
  } else {
    const [type, source] = [mount.type ?? '', mount.source ?? ''];
    mountWithLongOptions(program, { type, source, options: parsed, data: filesystemData(job), target, failure });
  }
  const tree = made ?? openMount(program, job);
  for (const { flag, recursive } of parsed.propagation) {
    setAttributes(program, tree, mountAttr(flags(), flags(), flag), recursive, (errno) =>
      failure(`make ${flag.text}`, errno),
    );
  }
  program.call('close', [tree]);
}

/** The mount that is at the destination. */
function openMount(program: Program, { root, destination, failure }: MountJob): Slot {
  const tree = new Slot(`mount on ${destination}`);
  openExisting(program, root, destination, 'directory', {
    store: tree,
    failure: (errno) => failure(`open ${destination}`, errno),
  });
  return tree;
}

const byDescriptors = flags(Fs.MOVE_MOUNT_F_EMPTY_PATH, Fs.MOVE_MOUNT_T_EMPTY_PATH);

/** Puts a mount that is nowhere yet on a target. */
export function attach(program: Program, tree: Slot, target: Slot, failure: (errno: number) => string): void {
  program.call('move_mount', [tree, '', target, '', byDescriptors], { failure });
  program.call('close', [target]);
}

/** A copy of what is mounted at a path of the host. */
function cloneSource(program: Program, job: MountJob): Slot {
  const { host, parsed, failure } = job;
  const source = job.mount.source ?? '';
  const facts = host.sources.get(source);
  if (!facts || facts.kind === 'missing') throw new Failure(failure(`stat ${source}`, Errno.ENOENT));
  const tree = new Slot(`mount of ${source}`);
  const recursive = parsed.recursive ? [At.AT_RECURSIVE] : [];
  const how = flags(Fs.OPEN_TREE_CLONE, O.O_CLOEXEC, ...recursive);
  const opened = program.label();
  const fails = (errno: number) => failure(moveText(job), errno);
  if (job.prepared?.use !== 'always') {
    const otherwise = job.prepared ? { tolerate: [Errno.EACCES], onSuccess: opened } : {};
    program.call('open_tree', [AT_FDCWD, source, how], { store: tree, failure: fails, ...otherwise });
  }
  // The same descriptor under another number, as what follows closes it.
  if (job.prepared) program.call('fcntl', [job.prepared.descriptor, duplicate, 0], { store: tree, failure: fails });
  program.place(opened);
  for (const [attributes, below] of [
    [parsed.attributes, false],
    [parsed.recursiveAttributes, true],
  ] as const) {
    const { set, clear } = attributeFlags(attributes);
    if (set.value || clear.value)
      setAttributes(program, tree, mountAttr(set, clear), below, (errno) => failure(moveText(job), errno));
  }
  return tree;
}

/** A new filesystem, mounted nowhere yet. */
function makeFilesystem(program: Program, job: MountJob): Slot {
  const { mount, parsed, failure } = job;
  const type = mount.type ?? '';
  const context = new Slot(`${type} filesystem`);
  const text = (option: string) => (errno: number) => failure(`${moveText(job)}${option}`, errno);
  program.call('fsopen', [type, Fs.FSOPEN_CLOEXEC], { store: context, failure: text('') });
  const set = (key: string, value?: string) =>
    value === undefined
      ? program.call('fsconfig', [context, Fs.FSCONFIG_SET_FLAG, key, 0, 0], { failure: text(`, option ${key}`) })
      : program.call('fsconfig', [context, Fs.FSCONFIG_SET_STRING, key, value, 0], {
          failure: text(`, option ${key}=${value}`),
        });
  set('source', mount.source || type);
  for (const flag of parsed.filesystemFlags) set(flag);
  if (isReadOnly(parsed.attributes)) set('ro');
  for (const option of filesystemData(job)) {
    const at = option.indexOf('=');
    set(at < 0 ? option : option.slice(0, at), at < 0 ? undefined : option.slice(at + 1));
  }
  program.call('fsconfig', [context, Fs.FSCONFIG_CMD_CREATE, 0, 0, 0], { failure: text('') });
  const tree = new Slot(`mount of ${type}`);
  const attributes = attributeFlags({ set: [...parsed.attributes.set, ...parsed.recursiveAttributes.set], clear: [] });
  program.call('fsmount', [context, Fs.FSMOUNT_CLOEXEC, attributes.set], { store: tree, failure: text('') });
  program.call('close', [context]);
  return tree;
}

/** Those whose files the kernel labels itself. */
const labelledByKernel = new Set(['proc', 'sysfs', 'mqueue', 'cgroup', 'cgroup2']);

/** A tmpfs over a directory of the image has that directory's permissions unless it is told others. */
function filesystemData({ mount, parsed, destination, host, label }: MountJob): readonly string[] {
  const mode = host.modes.get(destination);
  const labelled = label && !labelledByKernel.has(mount.type ?? '') ? [`context=${label}`] : [];
  const known =
    mount.type !== 'tmpfs' || mode === undefined || parsed.data.some((option) => option.startsWith('mode='));
  return [...(known ? [] : [`mode=${mode.toString(8).padStart(4, '0')}`]), ...parsed.data, ...labelled];
}

function targetKind({ mount, parsed, host }: MountJob): TargetKind {
  if (parsed.bind) return host.sources.get(mount.source ?? '')?.kind === 'file' ? 'file' : 'directory';
  return mount.type === 'proc' || mount.type === 'sysfs' ? 'plain directory' : 'directory';
}

/** procfs and sysfs are mounted on nothing that an image has bent; runc's words. */
function targetFailure(job: MountJob): MountJob['failure'] {
  if (targetKind(job) !== 'plain directory') return job.failure;
  return (op, errno) =>
    errno === Errno.ELOOP || errno === Errno.ENOTDIR
      ? job.failure(`filesystem "${job.mount.type}" must be mounted on ordinary directory`, 0)
      : job.failure(op, errno);
}

export function setAttributes(
  program: Program,
  tree: Slot,
  attributes: Memory,
  recursive: boolean,
  failure: (errno: number) => string,
): void {
  const at: Named = recursive ? flags(At.AT_EMPTY_PATH, At.AT_RECURSIVE) : At.AT_EMPTY_PATH;
  program.call('mount_setattr', [tree, '', at, attributes, attributes.bytes.length], { failure });
}

/** Makes the mount at a path of the container read-only. */
export function remountReadOnly(program: Program, path: string, failure: string): void {
  const attributes = mountAttr(MountAttr.MOUNT_ATTR_RDONLY);
  program.call('mount_setattr', [AT_FDCWD, path, 0, attributes, attributes.bytes.length], { failure });
}

/**
 * Nothing that says other than the kernel may be mounted inside /proc, where it is asked what this process may do; an empty
 * tmpfs may, which hides something. The rules and the words are runc's.
 */
function refuseProc({ destination, mount, host, parsed, failure }: MountJob): void {
  if (mount.type === 'tmpfs' && !parsed.bind) return;
  const refuse = (reason: string) => {
    throw new Failure(failure(`"${destination}" cannot be mounted because it ${reason}`, 0));
  };
  if (
    destination === '/proc' &&
    mount.type !== 'proc' &&
    !(parsed.bind && host.sources.get(mount.source ?? '')?.procfs)
  )
    refuse('is not of type proc');
  if (destination.startsWith('/proc/') && !allowedInProc.has(destination)) refuse('is inside /proc');
}

/** A link of the image must not lead there either (CVE-2019-16884). */
function refuseProcTarget(program: Program, { destination, failure }: MountJob, target: Slot): void {
  const elsewhere = program.label();
  const message = () => failure(`"${destination}" cannot be mounted because it leads to /proc`, 0);
  program.call('fstatfs', [target, filesystemStatus], { failure: (errno) => failure(`statfs ${destination}`, errno) });
  program.call('compare', [filesystemStatus, -1, procMagic, 1], { onPositive: elsewhere });
  program.call('compare', [filesystemStatus, 0, 1, -Errno.EPERM], { failure: message });
  program.place(elsewhere);
}

function moveText({ mount, destination }: MountJob): string {
  const options = mount.options?.length ? ` (${mount.options.join(',')})` : '';
  return `mount ${mount.source || mount.type} on ${destination}${options}`;
}
