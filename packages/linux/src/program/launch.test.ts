import t from 'tap';
import { Errno } from '../errno.ts';
import { syscall, trySyscall } from '../syscall.ts';
import { makeExecutable } from './executable.ts';
import { launch } from './launch.ts';
import { type Layout, layOut, type Machine } from './layout.ts';
import { Memory, Slot } from './operation.ts';
import { Program } from './program.ts';
import { headerAddress } from './routine.ts';

const machine = process.arch as Machine;

t.test('results flow into later operations and into memory', async (t) => {
  const program = new Program();
  const [source, sink] = [new Slot('source'), new Slot('sink')];
  program.call('openat', [-100, '/nosuch', 0, 0], { store: source, tolerate: [Errno.ENOENT] });
  program.call('openat', [-100, '/proc/self/comm', 0, 0], { store: source });
  const text = new Memory('text', 64);
  program.call('read', [source, text, 64], { store: sink });
  const pipe = openPipe();
  program.call('write', [pipe.write, text, sink]);
  program.call('exit_group', [7]);
  t.equal(run(program, pipe).exit, 7);
  t.match(readAll(pipe.read), /\n$/);
});

t.test('skips after zero, after a positive result and after tolerated errors', async (t) => {
  const program = new Program();
  const zero = new Memory('zero', 8);
  const [afterZero, afterPositive, afterError] = [program.label(), program.label(), program.label()];
  program.call('compare', [zero, -1, 0, 1], { onZero: afterZero });
  program.call('exit_group', [1]);
  program.place(afterZero);
  program.call('compare', [zero, -1, 5, 42], { onPositive: afterPositive });
  program.call('exit_group', [2]);
  program.place(afterPositive);
  program.call('compare', [zero, 0, 5, -Errno.EPERM], { tolerate: [Errno.ENOENT, Errno.EPERM], onError: afterError });
  program.call('exit_group', [3]);
  program.place(afterError);
  program.call('compare', [zero, 0, 5, -115], { tolerate: 'any' });
  program.call('exit_group', [9]);
  t.equal(run(program, openPipe()).exit, 9);
});

t.test('a failure is reported with its operation and errno', async (t) => {
  for (const errno of [Errno.EPERM, 64 + Errno.EPERM]) {
    const program = new Program();
    program.call('getpid', []);
    program.call('compare', [new Memory('zero', 8), -1, 1, -errno], {
      tolerate: [Errno.ENOENT],
      failure: 'compare it',
    });
    program.call('exit_group', [0]);
    const pipe = openPipe();
    const { exit, layout } = run(program, pipe);
    t.equal(exit, 1);
    const report = Buffer.from(readAll(pipe.read), 'latin1');
    t.equal(layout.operationAt(Number(report.readBigUInt64LE(0)))?.failure, 'compare it');
    t.equal(Number(report.readBigInt64LE(8)), -errno);
  }
});

t.test('a skip that leads nowhere, or back, is refused', async (t) => {
  const nowhere = new Program();
  nowhere.call('getpid', [], { onSuccess: nowhere.label() });
  t.throws(() => layOut(nowhere, { machine, address: headerAddress, reportTo: 2 }), /skips to no later place/);
  const back = new Program();
  const start = back.label();
  back.place(start);
  back.call('getpid', [], { onSuccess: start });
  t.throws(() => layOut(back, { machine, address: headerAddress, reportTo: 2 }), /skips to no later place/);
});

t.test('nothing of the engine is in the process', async (t) => {
  const program = new Program();
  const pipe = openPipe();
  const hold = openPipe();
  const byte = new Memory('byte', 8);
  program.call('read', [hold.read, byte, 1]);
  program.call('exit_group', [0]);
  const layout = layOut(program, { machine, address: headerAddress, reportTo: pipe.write });
  const pid = launch({
    executable: makeExecutable(machine, layout.bytes),
    title: ['waiting'],
    namespaces: 0,
    preserved: 3,
    keep: [pipe.write, hold.read],
    reportTo: pipe.write,
  });
  const { readFileSync, readdirSync, readlinkSync } = await import('node:fs');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  t.ok(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) < 100, 'less than 100 kB are resident');
  t.match(status, /SigCgt:\s0+\n/);
  // The kernel lets the parent go when the old memory is gone, a moment before it says where the new arguments are.
  let title = '';
  while (title === '') title = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  t.equal(title, 'waiting\0');
  t.match(readlinkSync(`/proc/${pid}/exe`), /^\/memfd:/);
  t.same(readdirSync(`/proc/${pid}/fd`), ['0', '1', '2', `${pipe.write}`, `${hold.read}`].sort());
  syscall('close', [hold.read]);
  syscall('close', [hold.write]);
  syscall('close', [pipe.write]);
  syscall('close', [pipe.read]);
  t.equal(wait(pid), 0);
});

interface Pipe {
  readonly read: number;
  readonly write: number;
}

function openPipe(): Pipe {
  const ends = new Uint8Array(8);
  syscall('pipe2', [ends, 0o2000000]);
  const [read = -1, write = -1] = new Int32Array(ends.buffer);
  return { read, write };
}

/** Runs a program to its end; the pipe's write end is closed afterwards. */
function run(program: Program, pipe: Pipe): { exit: number; layout: Layout } {
  const layout = layOut(program, { machine, address: headerAddress, reportTo: pipe.write });
  const executable = makeExecutable(machine, layout.bytes);
  const options = { title: ['test'], namespaces: 0, preserved: 3, keep: [pipe.write], reportTo: pipe.write };
  const pid = launch({ executable, ...options });
  syscall('close', [pipe.write]);
  return { exit: wait(pid), layout };
}

function wait(pid: number): number {
  const status = new Uint8Array(4);
  syscall('wait4', [pid, status, 0, null]);
  t.equal((status[0] ?? 0) & 0x7f, 0, 'not ended by a signal');
  return status[1] ?? -1;
}

function readAll(descriptor: number): string {
  const buffer = Buffer.alloc(4096);
  const length = trySyscall('read', descriptor, buffer, buffer.length);
  syscall('close', [descriptor]);
  return buffer.toString('latin1', 0, Math.max(0, length));
}
