/**
 * The system calls of a program and of the process that it makes, and the program killed at one of them, by strace(1): what
 * is traced and killed is the program as it is.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A system call to be killed in front of: its name, and the how manieth of that name it is of its process. */
export interface KillPoint {
  readonly call: string;
  readonly count: number;
  readonly victim: 'runtime' | 'child';
}

/** Calls whose number differs from run to run: waiting and memory of the engine. */
const unsteady =
  /^(futex|madvise|m(un|re)?map|mprotect|brk|clock_|sched_|gett|getpid|epoll|rt_sig|nanosleep|set_|rseq|prlimit|exit|\+|-)/;

/**
 * Runs a program once and answers every point from its first call that names `beginning` on, in their order in time: those of
 * its first thread and of its first child, or with `anyThread` of all.
 */
export async function killPoints(
  command: readonly string[],
  beginning: string,
  log: string,
  { anyThread = false }: { readonly anyThread?: boolean } = {},
): Promise<KillPoint[]> {
  await traced(['-f', '-qq', '-s', '200', '-o', log], command);
  const lines = readFileSync(log, 'utf8').split('\n');
  const counts = new Map<string, number>();
  const first = new Map<string, string>();
  const points: (KillPoint & { readonly key: string })[] = [];
  const main = lines[0]?.split(' ')[0];
  const child = /= (\d+)$/.exec(
    lines.find((line) => /clone3.*= \d+$/.test(line) && line.startsWith(`${main} `)) ?? '',
  )?.[1];
  let begun = false;
  for (const line of lines) {
    const [, pid = '', call = ''] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (call === '') continue;
    begun ||= line.includes(beginning) && !call.startsWith('exec');
    const count = (counts.get(`${pid} ${call}`) ?? 0) + 1;
    counts.set(`${pid} ${call}`, count);
    // strace counts for each process: the first to make so many such calls is the one that it kills.
    const key = `${call} ${count}`;
    if (first.has(key)) continue;
    first.set(key, pid);
    if (begun && !unsteady.test(call) && (anyThread || pid === main || pid === child))
      points.push({ call, count, victim: pid === main ? 'runtime' : 'child', key });
  }
  return points.map(({ call, count, victim }) => ({ call, count, victim }));
}

/** So many of a list, evenly. */
export function spread(points: readonly KillPoint[], count: number): readonly KillPoint[] {
  if (points.length <= count) return points;
  return Array.from({ length: count }, (_, index) => points[Math.floor((index * points.length) / count)]!);
}

/** Runs a program that is killed at a point; answers whether it came that far. */
export async function killAt({ call, count }: KillPoint, command: readonly string[], log: string): Promise<boolean> {
  const inject = `inject=${call}:signal=SIGKILL:when=${count}`;
  await traced(['-f', '-q', '-o', log, '-e', `trace=${call}`, '-e', inject], command);
  return readFileSync(log, 'utf8').includes('killed by SIGKILL');
}

/**
 * Runs a program under strace until the program has ended, whatever processes it leaves: strace lets go of those. The
 * program is this process's child (-D), and strace somebody else's (and -I2: it can be ended).
 */
async function traced(flags: readonly string[], command: readonly string[]): Promise<void> {
  const program = spawn('strace', ['-D', '-I2', ...flags, ...command], { stdio: 'ignore' });
  let isOver = false;
  const ended = new Promise<void>((resolve) =>
    program.once('exit', () => {
      isOver = true;
      resolve();
    }),
  );
  let tracer = 0;
  while (tracer === 0 && !isOver) {
    tracer = tracerOf(program.pid ?? 0);
    await sleep(1);
  }
  await ended;
  while (isTracer(tracer)) {
    process.kill(tracer, 'SIGTERM');
    await sleep(2);
  }
}

function tracerOf(pid: number): number {
  return Number(/^TracerPid:\t(\d+)$/m.exec(contents(`/proc/${pid}/status`))?.[1] ?? 0);
}

function isTracer(pid: number): boolean {
  return pid > 0 && contents(`/proc/${pid}/cmdline`).startsWith('strace');
}

/** A file of /proc; '' if its process has ended. */
function contents(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
