/** Runs programs, and looks for what they may have left behind. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Stack } from './stacks.ts';

/** How a program ended. */
export interface Outcome {
  /** The exit code, or 128 plus the signal's number. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Runs a program to its end. Rejects if it cannot be executed. */
export function run(program: string, args: readonly string[], { input, env, cwd }: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { env: { ...process.env, ...env }, cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 143), stdout, stderr }),
    );
  });
}

/** The stock docker client on a stack. */
export function docker(stack: Stack, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return run('docker', ['-H', stack.dockerHost, ...args], options);
}

/** The stock ctr on a stack's containerd. */
export function ctr(
  stack: Pick<Stack, 'containerd'>,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  return run('ctr', ['-a', stack.containerd, ...args], options);
}

/** Mounts, and processes with the directory in their command line, that a stack has left below its directory. */
export function leftovers(directory: string): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${directory}/`))
    .map((point) => `mount ${point}`);
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => ({ pid, line: commandLine(pid) }))
    .filter(({ line }) => line.includes(directory))
    .map(({ pid, line }) => `process ${pid} ${line}`);
  return [...mounts, ...processes];
}

/** A process's arguments; '' for one that is gone or a zombie. */
export function commandLine(pid: number | string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** Asks again until a condition holds; throws with its description after the given seconds. */
export async function until(what: string, condition: () => Promise<boolean> | boolean, seconds = 20): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
