/** Device nodes and the links of /dev. */
import { Errno, errnoText } from '@drydock/linux/errno';
import { Slot } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import type { Device } from '@drydock/oci/runtime-spec';
import { AT_FDCWD, At, Fs, flags, O, octal, S } from './constants.ts';
import type { Host } from './host.ts';
import { openExisting, openParent, openTarget } from './paths.ts';

/** The devices that every container has (config-linux.md, "Default Devices"). */
export const defaultDevices: readonly Device[] = [
  { path: '/dev/null', type: 'c', major: 1, minor: 3, fileMode: 0o666 },
  { path: '/dev/random', type: 'c', major: 1, minor: 8, fileMode: 0o666 },
  { path: '/dev/full', type: 'c', major: 1, minor: 7, fileMode: 0o666 },
  { path: '/dev/tty', type: 'c', major: 5, minor: 0, fileMode: 0o666 },
  { path: '/dev/zero', type: 'c', major: 1, minor: 5, fileMode: 0o666 },
  { path: '/dev/urandom', type: 'c', major: 1, minor: 9, fileMode: 0o666 },
];

const fileTypes = { c: S.S_IFCHR, u: S.S_IFCHR, b: S.S_IFBLK, p: S.S_IFIFO } as const;

/** Makes the nodes of the configuration, then the default ones that it does not name itself, then the links. */
export function compileDevices(program: Program, root: Slot, devices: readonly Device[], host: Host): void {
  program.stage('devices', 'linux.devices');
  program.call('umask', [0]);
  const all = [...defaultDevices.filter(({ path }) => !devices.some((device) => device.path === path)), ...devices];
  for (const device of all) if (device.path !== '/dev/ptmx') makeNode(program, root, device, host);
  program.field('');
  makeLinks(program, root, host);
}

function makeNode(program: Program, root: Slot, device: Device, host: Host): void {
  const { path = '', type = 'c', major = 0, minor = 0, uid = 0, gid = 0, fileMode = 0o666 } = device;
  const failure = (op: string, errno: number) =>
    `error during container init: error creating device nodes: ${op}: ${errnoText(errno)}`;
  const fails = (op: string) => (errno: number) => failure(`${op} ${path}`, errno);
  if (host.userNamespace) {
    bindHostDevice(program, root, path, fails);
    return;
  }
  const directory = openParent(program, { root, path, failure });
  const name = path.slice(path.lastIndexOf('/') + 1);
  const fileType = fileTypes[type as keyof typeof fileTypes];
  const done = program.label();
  const refused = program.label();
  program.call('mknodat', [directory, name, flags(fileType, octal(fileMode & 0o7777)), deviceNumber(major, minor)], {
    tolerate: [Errno.EEXIST, Errno.EPERM],
    onError: refused,
    failure: fails('mknod'),
  });
  program.call('fchownat', [directory, name, uid, gid, At.AT_SYMLINK_NOFOLLOW], {
    onSuccess: done,
    failure: fails('chown'),
  });
  program.place(refused);
  // A file that was there before stays as it is.
  const existing = new Slot(`existing ${path}`);
  openExisting(program, root, path, 'any', {
    store: existing,
    tolerate: [Errno.ENOENT],
    onSuccess: done,
    failure: fails('open'),
  });
  bindHostDevice(program, root, path, fails);
  program.place(done);
  if (directory !== root) program.call('close', [directory]);
}

/** Where nodes cannot be made, as in a user namespace, the host's is bound on a file. */
function bindHostDevice(
  program: Program,
  root: Slot,
  path: string,
  fails: (op: string) => (errno: number) => string,
): void {
  const tree = new Slot(`host's ${path}`);
  program.call('open_tree', [AT_FDCWD, path, flags(Fs.OPEN_TREE_CLONE, O.O_CLOEXEC)], {
    store: tree,
    failure: fails('bind'),
  });
  const target = openTarget(program, { root, path, kind: 'file', failure: (op, errno) => fails(op)(errno) });
  const empty = flags(Fs.MOVE_MOUNT_F_EMPTY_PATH, Fs.MOVE_MOUNT_T_EMPTY_PATH);
  program.call('move_mount', [tree, '', target, '', empty], { failure: fails('bind') });
  program.call('close', [tree]);
  program.call('close', [target]);
}

/** /dev/ptmx is that of the container's own devpts; fd and its three are the process's. */
function makeLinks(program: Program, root: Slot, host: Host): void {
  const dev = new Slot('/dev');
  openExisting(program, root, '/dev', 'directory', { store: dev, failure: 'open /dev' });
  program.call('unlinkat', [dev, 'ptmx', 0], { tolerate: [Errno.ENOENT], failure: 'remove /dev/ptmx' });
  const links: readonly (readonly [target: string, name: string])[] = [
    ['pts/ptmx', 'ptmx'],
    ['/proc/self/fd', 'fd'],
    ['/proc/self/fd/0', 'stdin'],
    ['/proc/self/fd/1', 'stdout'],
    ['/proc/self/fd/2', 'stderr'],
    ...(host.kcore ? [['/proc/kcore', 'core'] as const] : []),
  ];
  for (const [target, name] of links)
    program.call('symlinkat', [target, dev, name], { tolerate: [Errno.EEXIST], failure: `symlink /dev/${name}` });
  program.call('close', [dev]);
}

/** A device number as mknod(2) takes it (makedev(3)). */
function deviceNumber(major: number, minor: number): { readonly value: bigint; readonly text: string } {
  const [M, m] = [BigInt(major), BigInt(minor)];
  const value = (m & 0xffn) | ((M & 0xfffn) << 8n) | ((m & ~0xffn) << 12n) | ((M & ~0xfffn) << 32n);
  return { value, text: `${major}:${minor}` };
}
