/** Runs one hook and waits for its end. */
import { closeFile, pause, readDescriptor, writeAll } from '@drydock/linux/disk';
import type { Machine } from '@drydock/linux/program/layout';
import { signalText } from '@drydock/linux/signals';
import { syscall, trySyscall } from '@drydock/linux/syscall';
import type { Hook } from '@drydock/oci/runtime-spec';
import { InitProcess, makePipe } from '../container/init.ts';
import { exitCodeOf, openProcess } from '../container/process.ts';
import { Failure } from '../failure.ts';
import { compileHook } from './program.ts';
import type { HookOptions } from './run.ts';

/** Throws {@link Failure} if it does not end well: `error running hook: exit status 1, stdout: , stderr: `. */
export function runHook(hook: Hook, { state, inside }: HookOptions): void {
  const files = { stdin: memoryFile('state'), stdout: memoryFile('stdout'), stderr: memoryFile('stderr') };
  const container = inside === undefined ? undefined : openProcess(inside.pid);
  const twoChildren = inside?.namespaces.includes('user') ?? false;
  const pidNamespace = inside === undefined || twoChildren ? undefined : openPidNamespace(inside.pid);
  const report = makePipe(3);
  try {
    writeAll(files.stdin, Buffer.from(JSON.stringify(state)));
    syscall('lseek', [files.stdin, 0, 0]);
    const program = compileHook(
      hook,
      hookEnvironment(hook),
      files,
      container === undefined ? undefined : { container, namespaces: inside?.namespaces ?? [], report: report.write },
    );
    const child = InitProcess.start({
      program,
      machine: process.arch as Machine,
      title: ['drydock-runtime', 'hook', hook.path ?? ''],
      namespaces: 0,
      pidNamespace,
      preserved: 3,
      keep: [...Object.values(files), ...(container === undefined ? [] : [container])],
      report,
      handsOver: twoChildren,
    });
    const exit = awaitHook(child, hook.timeout);
    child.close();
    if (exit === 'exit status 0') return;
    throw new Failure(
      `error running hook: ${exit}, stdout: ${contents(files.stdout)}, stderr: ${contents(files.stderr)}`,
    );
  } finally {
    for (const descriptor of [...Object.values(files), container, pidNamespace])
      if (descriptor !== undefined) closeFile(descriptor);
  }
}

/** How a hook ended, in Go's words. Throws if it could not be executed, or ran too long. */
function awaitHook(child: InitProcess, timeout: number | undefined): string {
  child.executed();
  const deadline = timeout ? performance.now() + timeout * 1000 : Number.POSITIVE_INFINITY;
  const status = new Uint8Array(4);
  for (let delay = 0.2; ; delay = Math.min(delay * 2, 20)) {
    const result = trySyscall('wait4', child.pid, status, Number.isFinite(deadline) ? 1 : 0, null);
    if (result !== 0) break;
    if (performance.now() > deadline) {
      child.kill();
      throw new Failure(`hook ran past specified timeout of ${timeout?.toFixed(1)}s`);
    }
    pause(delay);
  }
  const code = exitCodeOf(status);
  return (status[0] ?? 0) & 0x7f ? `signal: ${signalText(code - 128)}` : `exit status ${code}`;
}

/** A hook without an environment of its own has the runtime's, as with runc. */
function hookEnvironment({ env }: Hook): readonly string[] {
  return env ?? Object.entries(process.env).map(([name, value]) => `${name}=${value ?? ''}`);
}

function memoryFile(name: string): number {
  return syscall('memfd_create', [name, 1]);
}

function contents(descriptor: number): string {
  syscall('lseek', [descriptor, 0, 0]);
  return readDescriptor(descriptor).toString('utf8');
}

function openPidNamespace(pid: number): number {
  return syscall('openat', [-100, `/proc/${pid}/ns/pid`, 0o2000000, 0], `open /proc/${pid}/ns/pid`);
}
