/**
 * Learns how the shim's children end. The runtime leaves the container's processes to the shim, its subreaper; the kernel
 * sends SIGCHLD; each watched process is then asked for by pid. The engine (Bun) reaps what it spawned itself.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { isAlive, reap } from '@drydock/linux/process';
import type { Timestamp } from '@drydock/rpc/generated/google';
import { now } from '@drydock/rpc/timestamp';

/** How and when a process ended. */
export interface Exit {
  /** The exit code, or 128 plus the number of the signal. */
  readonly exitStatus: number;
  readonly exitedAt: Timestamp;
}

export interface Exits {
  /** Resolves when a child ends, at once if it has ended already. Rejects if it is not ours. */
  watch(pid: number): Promise<Exit>;
  /** Marks a pid as the engine's own child, which is not reaped here; the result takes the mark away. */
  spawned(pid: number): () => void;
  /** Marks a child of the engine that lives beside the container, such as a logging driver; the result takes the mark away. */
  foreign(pid: number): () => void;
}

/** Starts to listen for SIGCHLD. */
export function watchExits(): Exits {
  const watched = new Map<number, { resolve(exit: Exit): void; reject(error: unknown): void }>();
  const own = new Set<number>();
  const foreign = new Set<number>();

  const collect = (pid: number): void => {
    const waiting = watched.get(pid);
    if (waiting === undefined) return;
    try {
      const status = reap(pid);
      if (status === undefined) return;
      watched.delete(pid);
      waiting.resolve({ exitStatus: status.exitStatus, exitedAt: now() });
    } catch (error) {
      watched.delete(pid);
      waiting.reject(error);
    }
  };

  /**
   * Processes that a container left behind (it shares our pid namespace) became our children: bury them. While a runtime
   * runs, a dead child may be the one whose pid it is about to tell.
   */
  const buryOrphans = (): void => {
    if (own.size > 0) return;
    for (const pid of childrenOfThis()) if (!watched.has(pid) && !foreign.has(pid) && !isAlive(pid)) reap(pid);
  };

  process.on('SIGCHLD', () => {
    for (const pid of [...watched.keys()]) collect(pid);
    buryOrphans();
  });

  return {
    watch: (pid) =>
      new Promise((resolve, reject) => {
        watched.set(pid, { resolve, reject });
        collect(pid);
      }),
    spawned: (pid) => {
      own.add(pid);
      return () => void own.delete(pid);
    },
    foreign: (pid) => {
      foreign.add(pid);
      return () => void foreign.delete(pid);
    },
  };
}

function childrenOfThis(): number[] {
  const pids: number[] = [];
  for (const thread of readdirSync('/proc/self/task')) {
    try {
      pids.push(...readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number));
    } catch {
      // The thread has ended between the two calls.
    }
  }
  return pids;
}
