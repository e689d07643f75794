/** The arm64 routine, executed under qemu-user: its interpreter, results that flow on, branches, clone, a static hello. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Errno } from '../errno.ts';
import { makeExecutable } from './executable.ts';
import { layOut } from './layout.ts';
import { Memory, Slot } from './operation.ts';
import { Program } from './program.ts';
import { headerAddress } from './routine.ts';

const emulator = ['qemu-aarch64', 'qemu-aarch64-static'].find((name) => spawnSync(name, ['--version']).status === 0);
const skip = process.arch !== 'arm64' && emulator === undefined && 'needs qemu-aarch64 (qemu-user)';

t.test('programs for arm64', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-arm64-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'program');

  /** Executes a program whose failures are reported to standard error. */
  const execute = (build: (program: Program) => void) => {
    const program = new Program();
    build(program);
    const { bytes } = layOut(program, { machine: 'arm64', address: headerAddress, reportTo: 2 });
    writeFileSync(path, makeExecutable('arm64', bytes), { mode: 0o755 });
    const command = process.arch === 'arm64' ? [path] : [emulator ?? '', path];
    return spawnSync(command[0] ?? '', command.slice(1));
  };
  const say = (program: Program, text: string) => program.call('write', [1, text, text.length]);

  await t.test('a static hello', async (t) => {
    const { status, stdout } = execute((program) => {
      say(program, 'hello\n');
      program.call('exit_group', [7]);
    });
    t.same([status, String(stdout)], [7, 'hello\n']);
  });

  await t.test('results are arguments of later operations, branches skip', async (t) => {
    const { stdout } = execute((program) => {
      const [ends, buffer, length] = [new Memory('ends', 8), new Memory('buffer', 16), new Slot('length')];
      program.call('pipe2', [ends, 0]);
      const copied = new Slot('read end');
      // The descriptors are the first two that are free.
      program.call('dup3', [3, 10, 0], { store: copied });
      program.call('write', [4, 'twelve bytes', 12]);
      program.call('read', [copied, buffer, 16], { store: length });
      program.call('write', [1, buffer, length]);
      const [skipped, absent] = [program.label(), program.label()];
      program.call('compare', [buffer, 0xff, 't'.charCodeAt(0), 1], { onZero: skipped });
      say(program, ' never');
      program.place(skipped);
      program.call('close', [99], { tolerate: [Errno.EBADF], onError: absent });
      say(program, ' never');
      program.place(absent);
      program.call('exit_group', [0]);
    });
    t.equal(String(stdout), 'twelve bytes');
  });

  await t.test('clone returns twice', async (t) => {
    const { status, stdout } = execute((program) => {
      const sigchld = 17;
      const parent = program.label();
      program.call('clone', [sigchld, 0, 0, 0, 0], { onPositive: parent });
      say(program, 'child\n');
      program.call('exit_group', [0]);
      program.place(parent);
      program.call('wait4', [-1, 0, 0, 0]);
      say(program, 'parent\n');
      program.call('exit_group', [0]);
    });
    t.same([status, String(stdout)], [0, 'child\nparent\n']);
  });

  await t.test('a failure is reported with its operation', async (t) => {
    const { status, stderr } = execute((program) => {
      program.call('close', [99], { failure: 'close' });
      say(program, 'never');
    });
    t.equal(status, 1);
    t.equal(stderr.length, 16);
    t.equal(stderr.readBigInt64LE(8), BigInt(-Errno.EBADF));
  });
});
