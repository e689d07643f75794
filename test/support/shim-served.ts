/** Starts our shim as our supervisor does: with its listening socket as descriptor 3, and spares with a parent. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { listenUnix } from '../../packages/linux/src/socket.ts';
import type { TtrpcConnection } from '../../packages/rpc/src/ttrpc-client.ts';
import { namespace, ourRuntime, ourShim, ShimPlace } from './shim-place.ts';

/** A shim that a test has started as the supervisor does. */
export interface Served {
  readonly place: ShimPlace;
  readonly pid: number;
  readonly socket: string;
  readonly child: ChildProcess;
  /** Resolves when the child has ended. */
  readonly ended: Promise<unknown>;
  connect(): Promise<TtrpcConnection>;
}

export async function newPlace(test: Test): Promise<ShimPlace> {
  const place = new ShimPlace({ shim: ourShim, options: { binaryName: ourRuntime } });
  await place.listen();
  test.teardown(() => place.close());
  return place;
}

/** Starts a shim in the bundle of a container `c`, with more flags. */
export async function serve(test: Test, flags: readonly string[]): Promise<Served> {
  const place = await newPlace(test);
  const cwd = place.bundle('c', 'sleep 1000');
  return launch(place, { program: ourShim, args: ['-namespace', namespace, '-id', 'c', ...flags], cwd });
}

/** Starts a spare by a parent that can be killed: a shell, which says the shim's pid. */
export async function serveSpare(test: Test, flags: readonly string[] = []): Promise<Served> {
  const place = await newPlace(test);
  place.bundle('c', 'sleep 1000');
  const args = ['-c', '"$0" -spare -parent $$ "$@" & echo $!; wait', ourShim, ...flags];
  return launch(place, { program: 'sh', args, cwd: '/' });
}

export async function launch(
  place: ShimPlace,
  { program, args, cwd }: { readonly program: string; readonly args: readonly string[]; readonly cwd: string },
): Promise<Served> {
  const socket = join(place.directory, 'shim.sock');
  const listener = listenUnix(socket);
  const stdio = ['ignore', 'pipe', 'inherit', listener] as const;
  const env = { PATH: process.env.PATH, TTRPC_ADDRESS: `${place.supervisor}.ttrpc` };
  const child = spawn(program, [...args, '-address', place.supervisor], { cwd, env, stdio: [...stdio] });
  closeSync(listener);
  const ended = once(child, 'exit');
  const pid = program === 'sh' ? Number(await once(child.stdout!, 'data')) : child.pid!;
  const connect = async (): Promise<TtrpcConnection> => {
    const { connection } = await place.connect(`unix://${socket}`);
    return connection;
  };
  return { place, pid, socket, child, ended, connect };
}
