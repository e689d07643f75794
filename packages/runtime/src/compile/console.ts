/**
 * The terminal: a pair from the container's own devpts, its master sent to the caller in one message (SCM_RIGHTS), its
 * slave made stdio, /dev/console and the controlling terminal. pty(7), ioctl_tty(2), cmsg(3).
 */
import { Errno, errnoText } from '@drydock/linux/errno';
import { Memory, Slot } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import { AT_FDCWD, At, Fs, flags, Ioctl, O, openHow, Resolve } from './constants.ts';
import { openTarget } from './paths.ts';

/** What the message says beside the descriptor: the name of what was opened, as runc does. */
const masterName = '/dev/ptmx';
/** /dev/ptmx is the character device 5:2; statx(2) has its number at these offsets. */
const ptmxDevice = { major: 5, minor: 2 };
const statx = { bytes: 256, mode: 28, device: 128, type: 0x1 };

export interface ConsoleOptions {
  /** The socket to send the master to. */
  readonly socket: number;
  readonly size: { readonly height?: number; readonly width?: number } | undefined;
  /** Whether /dev/console shall be it: for a container's first process. */
  readonly mount: boolean;
}

/** Opens the terminal; the root is the container's, and the working directory is the root. */
export function compileConsole(program: Program, { socket, size, mount }: ConsoleOptions): void {
  program.stage('console', 'process.terminal');
  const [master, slave] = [new Slot('master'), new Slot('slave')];
  const fails = (op: string) => (errno: number) => `error during container init: ${op}: ${errnoText(errno)}`;
  const how = openHow(
    flags(O.O_RDWR, O.O_NOCTTY, O.O_CLOEXEC),
    flags(Resolve.RESOLVE_IN_ROOT, Resolve.RESOLVE_NO_MAGICLINKS),
  );
  program.call('openat2', [AT_FDCWD, masterName, how, 24], { store: master, failure: fails(`open ${masterName}`) });
  checkMaster(program, master, fails);
  program.call('ioctl', [master, Ioctl.TIOCSPTLCK, new Memory('[0]', 8)], { failure: fails('unlock the terminal') });
  // The slave by the master's own word for it: no path that the container could bend.
  const open = flags(O.O_RDWR, O.O_NOCTTY, O.O_CLOEXEC);
  program.call('ioctl', [master, Ioctl.TIOCGPTPEER, open], { store: slave, failure: fails('open the terminal') });
  if (size?.height && size.width) {
    program.field('process.consoleSize');
    const window = new Memory(`{${size.height}, ${size.width}}`, 8);
    new DataView(window.bytes.buffer).setUint16(0, size.height, true);
    new DataView(window.bytes.buffer).setUint16(2, size.width, true);
    program.call('ioctl', [slave, Ioctl.TIOCSWINSZ, window], { failure: fails("set the terminal's size") });
  }
  program.call('sendmsg', [socket, masterMessage(master), 0], { failure: fails('send the terminal') });
  program.call('close', [socket]);
  if (mount) mountConsole(program, slave, fails);
  for (const descriptor of [0, 1, 2]) program.call('dup3', [slave, descriptor, 0], { failure: fails('dup3') });
  program.call('ioctl', [0, Ioctl.TIOCSCTTY, 0], { failure: fails('set the controlling terminal') });
  program.call('close', [master]);
  program.call('close', [slave]);
}

/** The image's /dev could have any file of that name. */
function checkMaster(program: Program, master: Slot, fails: (op: string) => (errno: number) => string): void {
  const status = new Memory('status', statx.bytes);
  const { major, minor } = ptmxDevice;
  const number = { value: BigInt(major) | (BigInt(minor) << 32n), text: `${major}:${minor}` };
  const op = `${masterName} is not a pseudoterminal multiplexer`;
  program.call('statx', [master, '', At.AT_EMPTY_PATH, statx.type, status], { failure: fails(`stat ${masterName}`) });
  program.call('compare', [status.at(statx.device), -1, number, -Errno.ENODEV], { failure: fails(op) });
}

/** One message with the master's name and descriptor. */
function masterMessage(master: Slot): Memory {
  const name = Buffer.from(masterName);
  const [solSocket, scmRights] = [1n, 1n];
  const control = new Memory('control message', 24, [
    [0, 20],
    [8, solSocket | (scmRights << 32n)],
    // The descriptor is four bytes; what the eight of a result write behind it is padding.
    [16, master],
  ]);
  const vector = new Memory('vector', 16, [
    [0, new Memory('name', name)],
    [8, name.length],
  ]);
  return new Memory(`{"${masterName}", SCM_RIGHTS=[master]}`, 56, [
    [16, vector],
    [24, 1],
    [32, control],
    [40, 24],
  ]);
}

/** The terminal on /dev/console, attached by its descriptor to a file that no link leads to (CVE-2025-52565). */
function mountConsole(program: Program, slave: Slot, fails: (op: string) => (errno: number) => string): void {
  const tree = new Slot('console mount');
  const how = flags(Fs.OPEN_TREE_CLONE, At.AT_EMPTY_PATH, O.O_CLOEXEC);
  program.call('open_tree', [slave, '', how], { store: tree, failure: fails('bind the terminal') });
  const failure = (op: string, errno: number) => fails(op)(errno);
  const target = openTarget(program, { root: AT_FDCWD, path: '/dev/console', kind: 'plain file', failure });
  const empty = flags(Fs.MOVE_MOUNT_F_EMPTY_PATH, Fs.MOVE_MOUNT_T_EMPTY_PATH);
  program.call('move_mount', [tree, '', target, '', empty], { failure: fails('mount the terminal on /dev/console') });
  program.call('close', [tree]);
  program.call('close', [target]);
}
