/**
 * Starts our own shim without containerd's detour: the supervisor makes the listening socket itself and hands it over as
 * descriptor 3, so the shim can be called at once, while it is still starting.
 *
 *   supervisor ── listen on <sockets>/<name> ── spawn BIN -namespace NS -id ID -address A, fd 3 = socket ──▶ shim
 *              ── connect, Task.Create ──▶ waits in the socket's backlog until the shim accepts
 *
 * The shim is the supervisor's child, in a session of its own; it lives until it is told to shut down.
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { listenUnix, maxSocketPath } from '@drydock/linux/socket';
import { currentTrace } from '@drydock/telemetry/trace';

/** Where programs are, for a supervisor whose environment does not say. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface OwnShimOptions {
  readonly binary: string;
  /** The supervisor's gRPC socket. */
  readonly address: string;
  readonly sockets: SocketPlace;
  /** The descriptor that the shim's own messages go to. */
  readonly log: number;
  readonly isDebug: boolean;
}

/** A path for the socket of the next shim. */
export function newSocket({ directory, prefix }: SocketPlace): string {
  return join(directory, `${prefix}${randomBytes(6).toString('hex')}`);
}

/**
 * Starts a shim with arguments such as `-namespace NS -id ID` or `-spare` that listens on a socket; answers its pid. Throws if
 * it cannot be executed.
 */
export function spawnOwnShim(socket: string, options: OwnShimOptions, args: readonly string[], cwd: string): number {
  const listener = listenUnix(socket);
  try {
    const child = spawn(
      options.binary,
      [...args, '-address', options.address, ...(options.isDebug ? ['-debug'] : [])],
      { cwd, detached: true, env: environment(options), stdio: ['ignore', options.log, options.log, listener] },
    );
    // Node says later, and asynchronously, why a program could not be executed; that there is no pid says it now.
    child.once('error', () => undefined);
    if (child.pid === undefined) throw new Error(`start failed: exec ${options.binary} failed`);
    child.unref();
    return child.pid;
  } finally {
    closeSync(listener);
  }
}

/** Where shims' sockets are. Several supervisors may share the directory: the prefix tells whose a socket is. */
export interface SocketPlace {
  readonly directory: string;
  readonly prefix: string;
}

/** The place for sockets beside a state directory. A socket's path must be short enough for its address. */
export function socketPlace(state: string): SocketPlace {
  const prefix = createHash('sha256').update(state).digest('hex').slice(0, 8);
  const nameLength = 1 + prefix.length + 12;
  const beside = join(dirname(state), 's');
  const directory = beside.length + nameLength <= maxSocketPath ? beside : join(tmpdir(), `drydock-s-${prefix}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return { directory, prefix };
}

/** Removes our sockets that nothing in use listens on: what shims that were killed left. */
export function removeStaleSockets({ directory, prefix }: SocketPlace, used: ReadonlySet<string>): void {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (name.startsWith(prefix) && !used.has(path)) rmSync(path, { force: true });
  }
}

/** Removes the socket of a shim by its address, if it has one. */
export function removeSocket(address: string | undefined): void {
  if (address !== undefined) rmSync(address.replace(/^unix:\/\//, ''), { force: true });
}

function environment({ address }: OwnShimOptions): NodeJS.ProcessEnv {
  const trace = currentTrace();
  return {
    PATH: process.env.PATH ?? defaultPath,
    TTRPC_ADDRESS: `${address}.ttrpc`,
    // The engine of the shim and of the runtimes that it starts: what they do is not worth compiling, and without a
    // compiler and threads of its own the engine starts faster and needs a third less memory.
    BUN_JSC_useJIT: '0',
    BUN_JSC_useWasm: '0',
    BUN_JSC_useConcurrentGC: '0',
    BUN_GC_TIMER_DISABLE: '1',
    // Bytes: a shim that handles a call shall not collect meanwhile; when it is idle it does.
    BUN_JSC_smallHeapSize: '8388608',
    ...(trace === undefined ? {} : { TRACEPARENT: trace }),
  };
}
