/** Runs an OCI runtime, ours or another: the command line of runc, errors from its log. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { RpcError } from '@drydock/rpc/errors';
import { currentTrace } from '@drydock/telemetry/trace';
import type { Exits } from '../exits.ts';
import type { RuntimeChoice } from '../options.ts';
import { errorSince, logSize } from './log.ts';

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
      const child = spawn(binary, [...global, ...command], {
        cwd: bundle,
        env: { ...process.env, ...(trace === undefined ? {} : { TRACEPARENT: trace }) },
        stdio: stdio === undefined ? [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] : [...stdio],
      });
      const release = child.pid === undefined ? () => {} : exits.spawned(child.pid);
      child.stdin?.on('error', () => {}).end(input);
      const output: Buffer[] = [];
      child.stdout?.on('data', (data: Buffer) => output.push(data));
      child.stderr?.on('data', (data: Buffer) => output.push(data));
      try {
        const [code, signal] = await once(child, stdio === undefined ? 'close' : 'exit');
        const text = Buffer.concat(output).toString();
        if (code === 0) return text;
        const said =
          errorSince(log, logged) ??
          (text.trim() || `${binary} did not terminate successfully: ${ending(code, signal)}`);
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

function ending(code: number | null, signal: string | null): string {
  return code === null ? `signal ${signal}` : `exit status ${code}`;
}
