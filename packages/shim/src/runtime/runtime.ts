/** Runs an OCI runtime, ours or another: the command line of runc, errors from its log. */
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
  /** How the error begins: `OCI runtime create failed`. */
  readonly failure: string;
}

export interface Runtime {
  /** Runs one command, such as `['start', id]`, and answers its output. Throws with the runtime's own last error. */
  run(command: readonly string[], options: RunOptions): Promise<string>;
}

/** The runtime for one bundle. Its log is the bundle's log.json. */
export function openRuntime({ binary, root, systemdCgroup }: RuntimeChoice, bundle: string, exits: Exits): Runtime {
  const log = join(bundle, 'log.json');
  const global = ['--root', root, '--log', log, '--log-format', 'json', ...(systemdCgroup ? ['--systemd-cgroup'] : [])];
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
        const said =
          errorSince(log, logged) ?? (text.trim() || `${binary} did not terminate successfully: ${ending(child)}`);
        throw new RpcError('unknown', `${failure}: ${said}`);
      } catch (error) {
        if (error instanceof RpcError) throw error;
        throw new RpcError('unknown', `${failure}: exec ${binary}: ${(error as Error).message}`, { cause: error });
      } finally {
        release();
      }
    },
  };
}

async function textOf(stream: unknown): Promise<string> {
  return stream instanceof ReadableStream ? new Response(stream).text() : '';
}

function ending({ exitCode, signalCode }: BunProcess): string {
  return signalCode === null ? `exit status ${exitCode}` : `signal ${signalCode}`;
}
