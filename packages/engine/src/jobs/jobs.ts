/**
 * Jobs: each action of the engine has a name, arguments, a status and a duration, and is listed while it runs.
 * Logs, tests and user interfaces subscribe to the channel `drydock:job`.
 */
import { channel } from 'node:diagnostics_channel';
import { currentTrace } from '@drydock/telemetry/trace';
import { timestamp } from '../clock.ts';
import { messageOf } from '../errors.ts';

/** One action, running or ended. */
export interface Job {
  readonly id: number;
  /** What is done, such as `container_start`. */
  readonly name: string;
  readonly args: readonly string[];
  readonly trace: string | undefined;
  readonly startedAt: string;
  status: 'running' | 'done' | 'failed';
  /** How long it took, once it has ended. */
  durationMs?: number;
  error?: string;
}

/** The channel that every job is published on, when it starts and when it ends. */
export const jobChannel = channel('drydock:job');

/** How many ended jobs are remembered. */
const remembered = 100;

/** The engine's jobs. */
export class Jobs {
  #next = 1;
  readonly #running = new Map<number, Job>();
  readonly #ended: Job[] = [];

  /** Runs an action as a job; its result or error is the job's. */
  async run<T>(name: string, args: readonly string[], action: () => T | Promise<T>): Promise<T> {
    const job: Job = { id: this.#next++, name, args, trace: currentTrace(), startedAt: timestamp(), status: 'running' };
    const start = performance.now();
    this.#running.set(job.id, job);
    jobChannel.publish(job);
    try {
      const result = await action();
      job.status = 'done';
      return result;
    } catch (error) {
      job.status = 'failed';
      job.error = messageOf(error);
      throw error;
    } finally {
      job.durationMs = Math.round((performance.now() - start) * 1000) / 1000;
      this.#running.delete(job.id);
      this.#ended.push(job);
      if (this.#ended.length > remembered) this.#ended.shift();
      jobChannel.publish(job);
    }
  }

  /** The jobs that run, oldest first, then those that ended last, newest first. */
  list(): Job[] {
    return [...this.#running.values(), ...this.#ended.toReversed()];
  }
}
