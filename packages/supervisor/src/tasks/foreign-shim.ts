/**
 * Launches a shim the way containerd does, for any shim of the v2 protocol.
 *
 *   supervisor ── BIN -namespace NS -address A -publish-binary P -id ID start ──▶ shim (short-lived)
 *              ── the options Any on stdin ──▶            └─ starts its daemon, which outlives the supervisor
 *              ◀── the daemon's address, on stdout and stderr alike ──
 *
 * `delete` cleans up behind a shim that is gone; it answers how the container ended.
 */
import { spawn } from 'node:child_process';
import { RpcError } from '@drydock/rpc/errors';
import { Any } from '@drydock/rpc/generated/google';
import { DeleteResponse } from '@drydock/rpc/generated/shim_task';
import { currentTrace } from '@drydock/telemetry/trace';
import type { DeadlineName, Deadlines } from './deadlines.ts';

/** What a shim is told of its supervisor. */
export interface SupervisorAddress {
  /** The gRPC socket; `.ttrpc` behind it is where events go. */
  readonly address: string;
  /** The executable that shims of the old way publish events with. */
  readonly publishBinary: string;
  readonly isDebug: boolean;
}

export interface ShimCall extends SupervisorAddress {
  readonly binary: string;
  readonly namespace: string;
  readonly id: string;
  readonly bundle: string;
  readonly deadlines: Deadlines;
}

const startDeadline = 'io.drydock.timeout.shim.start';
const cleanupDeadline = 'io.containerd.timeout.shim.cleanup';

/** Runs `start`; answers what it has printed: the address of the daemon. */
export async function startShim(call: ShimCall, options: Any | undefined, signal: AbortSignal): Promise<string> {
  const args = [...commonArguments(call), '-id', call.id, ...(call.isDebug ? ['-debug'] : []), 'start'];
  const input = options === undefined ? undefined : Any.encode(options);
  const { code, output, errors } = await run(call, args, { deadline: startDeadline, input, signal });
  const text = Buffer.concat([output, errors]).toString().trim();
  if (code !== 0) throw new Error(`start failed: ${text}: exit status ${code}`);
  return text;
}

/** Runs `delete`; answers how the container ended. */
export async function deleteShim(call: ShimCall): Promise<DeleteResponse> {
  const args = [...commonArguments(call), '-id', call.id, '-bundle', call.bundle, 'delete'];
  const { code, output, errors } = await run(call, args, { deadline: cleanupDeadline });
  if (code !== 0) throw new Error(`${call.binary} delete: ${errors.toString().trim()}: exit status ${code}`);
  return DeleteResponse.decode(output);
}

function commonArguments({ namespace, address, publishBinary }: ShimCall): string[] {
  return ['-namespace', namespace, '-address', address, '-publish-binary', publishBinary];
}

interface Result {
  readonly code: number;
  readonly output: Buffer;
  readonly errors: Buffer;
}

interface RunOptions {
  readonly deadline: DeadlineName;
  readonly input?: Uint8Array | undefined;
  /** Aborted when nobody waits for the result. */
  readonly signal?: AbortSignal;
}

function run(call: ShimCall, args: readonly string[], { deadline, input, signal }: RunOptions): Promise<Result> {
  const action = `${call.binary} ${args.at(-1)}`;
  return new Promise((resolve, reject) => {
    const child = spawn(call.binary, args, {
      cwd: call.bundle,
      env: shimEnvironment(call),
      detached: true,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    let given: Error | undefined;
    const giveUp = (error: Error): void => {
      given ??= error;
      killGroup(child.pid);
    };
    const timer = after(call.deadlines.of(deadline), () => giveUp(call.deadlines.exceeded(deadline, action)));
    const left = (): void => giveUp(new RpcError('cancelled', `${action}: context canceled`));
    signal?.addEventListener('abort', left, { once: true });
    if (signal?.aborted) left();
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk));
    // A shim that does not read its options closes the pipe under us; its exit status tells what went wrong.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`start failed: ${error.message}`, { cause: error }));
    });
    child.once('close', (code, killer) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', left);
      if (given !== undefined) reject(given);
      else if (killer !== null) reject(new Error(`${action}: signal: ${killer}`));
      else resolve({ code: code ?? 0, output: Buffer.concat(output), errors: Buffer.concat(errors) });
    });
  });
}

function after(milliseconds: number | undefined, action: () => void): NodeJS.Timeout | undefined {
  return milliseconds === undefined ? undefined : setTimeout(action, milliseconds);
}

/** Kills a program and what it has started in its process group. */
function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

/** The supervisor's environment without what is only meant for its own engine or its own starter. */
function shimEnvironment({ address }: ShimCall): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([key]) => !/^(?:NODE_|NOTIFY_SOCKET$|TRACEPARENT$)/.test(key));
  const trace = currentTrace();
  return {
    ...Object.fromEntries(inherited),
    GOMAXPROCS: '2',
    TTRPC_ADDRESS: `${address}.ttrpc`,
    ...(trace === undefined ? {} : { TRACEPARENT: trace }),
  };
}
