/**
 * Starts an executable in a new process without JavaScript in between:
 *
 *     engine                                child
 *     rt_sigprocmask: block all
 *     setns: the PID namespace to join
 *     clone3 (VM, VFORK, new namespaces) ─▶ close_range: all but stdio and preserved descriptors close on exec
 *       (waits)                             fcntl: except those to keep
 *            ◀───────────────────────────── execveat: the executable, from a sealed memory file
 *     setns back, rt_sigprocmask back       (a failure: the report, exit)
 *
 * The child shares the engine's memory until it executes, as with vfork(2), so nothing of the engine is copied; it runs
 * on a stack of its own with all signals blocked. `CLONE_CLEAR_SIGHAND` and execve reset the engine's signal handlers,
 * and execve ends its restartable sequences (rseq), mappings and descriptors.
 */
import { Errno } from '../errno.ts';
import { koffi, libc } from '../koffi.ts';
import { SyscallError, syscall, trySyscall } from '../syscall.ts';
import { layOut, type Machine } from './layout.ts';
import { Memory, Slot } from './operation.ts';
import { Program } from './program.ts';
import { routineFor } from './routine.ts';

const cloneVm = 0x100;
const cloneVfork = 0x4000;
const cloneNewpid = 0x20000000;
const cloneClearSighand = 0x100000000n;
const cloneIntoCgroup = 0x200000000n;
const sigchld = 17;
const sigSetmask = 2;
const closeRangeCloexec = 4;
const fSetfd = 2;
const atEmptyPath = 0x1000;
const protRead = 1;
const protWrite = 2;
const protExec = 4;
const mapPrivateAnonymous = 0x22;
const codePage = 0x1000;

const runPrototype = koffi.proto('void run_syscall_program(long)');
const memcpy = libc.func('long memcpy(long, long, long)');

export interface LaunchOptions {
  /** The executable file's bytes (executable.ts). */
  readonly executable: Uint8Array;
  /** Its argv, which a process list shows. */
  readonly title: readonly string[];
  /** CLONE_NEW… flags. */
  readonly namespaces: number;
  /** Descriptor of a PID namespace that the child shall be in. */
  readonly pidNamespace?: number | undefined;
  /** Descriptor of a directory of cgroup v2 that the child shall be born in. */
  readonly cgroup?: number | undefined;
  /** How many descriptors from 0 on the child gets as they are: 3, and preserved ones. */
  readonly preserved: number;
  /** The other descriptors that stay open in the executable; none of them below `preserved`. */
  readonly keep: readonly number[];
  /** The descriptor that the child writes a failure of its own steps to; one of `keep`. */
  readonly reportTo: number;
}

/** Starts the executable; answers its pid, as this process sees it. Throws {@link SyscallError} if clone3 fails. */
export function launch(options: LaunchOptions): number {
  const image = memoryFile(options.executable);
  const home = options.pidNamespace === undefined ? undefined : openOwnPidNamespace();
  try {
    return runLauncher(options, image, home);
  } finally {
    trySyscall('close', image);
    if (home !== undefined) trySyscall('close', home);
  }
}

function runLauncher(options: LaunchOptions, image: number, home: number | undefined): number {
  const { program, results } = launcherProgram(options, image, home);
  const size = 0x8000;
  const address = syscall('mmap', [0, size, protRead | protWrite, mapPrivateAnonymous, -1, 0], 'map the launcher');
  try {
    const machine = process.arch as Machine;
    const routine = routineFor(machine);
    const data = layOut(program, { machine, address: address + codePage, reportTo: options.reportTo });
    memcpy(address, koffi.address(routine.code), routine.code.length);
    memcpy(address + codePage, koffi.address(data.bytes), data.bytes.length);
    syscall('mprotect', [address, codePage, protRead | protExec], 'protect the launcher');
    koffi.call(BigInt(address + routine.run), runPrototype, address + codePage);
    const [joined = 0n, pid = 0n] = readWords(data.addressOf(results), 2);
    if (joined < 0n) throw new SyscallError('join the PID namespace', Number(-joined));
    if (pid < 0n) throw new SyscallError('clone3', Number(-pid));
    return Number(pid);
  } finally {
    syscall('munmap', [address, size]);
  }
}

/** The steps of the drawing above; `results` has what joining the PID namespace and clone3 answered. */
export function launcherProgram(
  options: LaunchOptions,
  image: number,
  home: number | undefined,
): { readonly program: Program; readonly results: Memory } {
  const program = new Program();
  const allSignals = new Memory('all signals', new Uint8Array(8).fill(0xff));
  const ownMask = new Memory('own mask', 8);
  const joined = new Slot('joined');
  const pid = new Slot('pid');
  const results = program.keep(
    new Memory('results', 16, [
      [0, joined],
      [8, pid],
    ]),
  );
  const stack = new Memory('stack', 0x1000);
  const intoCgroup = options.cgroup === undefined ? 0n : cloneIntoCgroup;
  const flags = BigInt(options.namespaces | cloneVm | cloneVfork) | cloneClearSighand | intoCgroup;
  const cloneArgs = new Memory('{clone arguments}', 88, [
    [0, flags],
    [32, sigchld],
    [40, stack],
    [48, stack.bytes.length],
    [80, options.cgroup ?? 0],
  ]);
  const argv = new Memory(
    'argv',
    (options.title.length + 1) * 8,
    options.title.map((text, index) => [index * 8, text] as const),
  );
  const environment = new Memory('environment', 8);
  const back = program.label();

  program.stage('launch');
  program.call('rt_sigprocmask', [sigSetmask, allSignals, ownMask, 8], { tolerate: 'any' });
  if (options.pidNamespace !== undefined) {
    program.call('setns', [options.pidNamespace, cloneNewpid], { store: joined, tolerate: 'any', onError: back });
  }
  program.call('clone3', [cloneArgs, cloneArgs.bytes.length], {
    store: pid,
    tolerate: 'any',
    onPositive: back,
    onError: back,
  });
  program.call('close_range', [options.preserved, 0xffffffff, closeRangeCloexec]);
  // Node marks 0, 1 and 2 close-on-exec when it starts. Of the preserved ones, whoever preserves them has taken the mark
  // from those that the caller has given; the engine's own, which may have such a number too, keep it.
  for (const descriptor of [0, 1, 2]) program.call('fcntl', [descriptor, fSetfd, 0], { tolerate: [Errno.EBADF] });
  for (const descriptor of options.keep) program.call('fcntl', [descriptor, fSetfd, 0]);
  program.call('execveat', [image, '', argv, environment, atEmptyPath]);
  program.place(back);
  if (home !== undefined) program.call('setns', [home, cloneNewpid], { tolerate: 'any' });
  program.call('rt_sigprocmask', [sigSetmask, ownMask, 0, 8], { tolerate: 'any' });
  return { program, results };
}

function readWords(address: number, count: number): BigInt64Array {
  const words = new BigInt64Array(count);
  memcpy(koffi.address(new Uint8Array(words.buffer)), address, count * 8);
  return words;
}

/** A sealed memory file, so that no process of the container can write to what its /proc/PID/exe leads to. */
function memoryFile(bytes: Uint8Array): number {
  const [cloexec, sealing, exec] = [1, 2, 0x10];
  const [addSeals, allSeals] = [1033, 0xf];
  // MFD_EXEC is needed where vm.memfd_noexec is set, and unknown to kernels before 6.3.
  let file = trySyscall('memfd_create', 'drydock-runtime', cloexec | sealing | exec);
  if (file < 0) file = syscall('memfd_create', ['drydock-runtime', cloexec | sealing]);
  const written = syscall('write', [file, bytes, bytes.length], 'write the memory file');
  if (written !== bytes.length) throw new Error(`wrote ${written} of ${bytes.length} bytes of the memory file`);
  syscall('fcntl', [file, addSeals, allSeals], 'seal the memory file');
  return file;
}

function openOwnPidNamespace(): number {
  return syscall('openat', [-100, '/proc/self/ns/pid', 0o2000000, 0], 'open /proc/self/ns/pid');
}
