/** Runs an OCI runtime, ours or another: the command line of runc, errors from its log. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RpcError } from '@drydock/rpc/errors';
import { currentTrace } from '@drydock/telemetry/trace';
import type { Exits } from '../exits.ts';
import type { RuntimeChoice } from '../options.ts';
import { errorSince, logSize } from './log.ts';

/** The part of Bun's process API that is used here: lighter than `node:child_process`. https://bun.com/docs/api/spawn */
export interface BunProcess {
  readonly pid: number;
  readonly exited: Promise<number>;
  readonly exitCode: number | null;
  readonly signalCode: string | null;
  readonly stdout: unknown;
  readonly stderr: unknown;
  kill(signal: NodeJS.Signals): void;
}

declare const Bun: {
  spawn(
    command: readonly string[],
    options: { cwd: string; env: NodeJS.ProcessEnv; stdio: readonly [unknown, unknown, unknown] },
  ): BunProcess;
};

/** Three descriptors for the runtime's stdio. */
export type Descriptors = readonly [stdin: number, stdout: number, stderr: number];

export interface RunOptions {
  /** The container's own streams; without them stdin is empty and the output is read to its end. */
  readonly stdio?: Descriptors;
  /** Text for the runtime's stdin. */
  readonly input?: string;
  /** How the error begins, such as `OCI runtime create failed`, or all of it. */
  readonly failure: string | ((failed: FailedRun) => string);
}

/** What is known of a runtime that failed. */
export interface FailedRun {
  /** `runc did not terminate successfully: exit status 1: …`, with its output unless that is the container's. */
  readonly message: string;
}

export interface Runtime {
  /** Runs one command, such as `['start', id]`, and answers its output. Throws with the runtime's own last error. */
  run(command: readonly string[], options: RunOptions): Promise<string>;
}

/** The runtime for one bundle. Its log is the bundle's log.json. */
export function openRuntime(choice: RuntimeChoice, bundle: string, exits: Exits): Runtime {
  const { binary, root, criu, systemdCgroup } = choice;
  const log = join(bundle, 'log.json');
  const global = ['--root', root, '--log', log, '--log-format', 'json'];
  if (criu !== '') global.push('--criu', criu);
  if (systemdCgroup) global.push('--systemd-cgroup');
  return {
    run: async (command, { stdio, input, failure }) => {
      const logged = logSize(log);
      const trace = currentTrace();
      const env = { ...process.env, ...(trace === undefined ? {} : { TRACEPARENT: trace }) };
      const streams = stdio ?? ([input === undefined ? 'ignore' : Buffer.from(input), 'pipe', 'pipe'] as const);
      let release = (): void => {};
      try {
        const child = Bun.spawn([binary, ...global, ...command], { cwd: bundle, env, stdio: streams });
        release = exits.spawned(child.pid);
        const output = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
        const code = await child.exited;
        const text = output.join('');
        if (code === 0) return text;
        const message = `${binary} did not terminate successfully: ${ending(child)}${stdio ? '' : `: ${text}`}`;
        if (typeof failure === 'function') throw new RpcError('unknown', failure({ message }));
        throw new RpcError('unknown', `${failure}: ${errorSince(log, logged) ?? withoutError(log, message)}`);
      } catch (error) {
        if (error instanceof RpcError) throw error;
        const start = typeof failure === 'string' ? `${failure}: ` : '';
        throw new RpcError('unknown', `${start}exec ${binary}: ${(error as Error).message}`, { cause: error });
      } finally {
        release();
      }
    },
  };
}

/** What containerd's shim says where the runtime has logged no error. */
function withoutError(log: string, message: string): string {
  if (existsSync(log)) return message;
  return `unable to retrieve OCI runtime error (open ${log}: no such file or directory): ${message}`;
}

async function textOf(stream: unknown): Promise<string> {
  return stream instanceof ReadableStream ? new Response(stream).text() : '';
}

function ending({ exitCode, signalCode }: BunProcess): string {
  return signalCode === null ? `exit status ${exitCode}` : `signal ${signalCode}`;
}
