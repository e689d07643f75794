/**
 * `delete`, which a supervisor runs when a shim is gone, however it went: ends what is left of the container and prints
 * a DeleteResponse with the best that is known of its end. It may run any number of times.
 */
import { existsSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DeleteResponse } from '@drydock/rpc/generated/shim_task';
import { now } from '@drydock/rpc/timestamp';
import type { ShimArguments } from './arguments.ts';
import { watchExits } from './exits.ts';
import { chooseRuntime, loadOptions } from './options.ts';
import { openRuntime } from './runtime/runtime.ts';
import { unmountRootfs } from './task/rootfs.ts';

/** The status of a process whose end nobody saw: killed. */
const killed = 137;

/** Cleans up; stdout gets the answer, in protobuf. */
export async function deleteLeftovers({ namespace, id, bundle }: ShimArguments): Promise<void> {
  const directory = bundle || join(dirname(process.cwd()), id);
  const choice = chooseRuntime(loadOptions(directory), namespace);
  const runtime = openRuntime(choice, directory, watchExits());
  await runtime.run(['delete', '--force', id], { failure: 'OCI runtime delete failed' });
  unmountRootfs(directory);
  writeSync(1, DeleteResponse.encode(lastKnown(directory)));
}

function lastKnown(bundle: string): Parameters<typeof DeleteResponse.encode>[0] {
  const exit = join(bundle, 'init.exit');
  if (existsSync(exit)) return JSON.parse(readFileSync(exit, 'utf8'));
  const pidFile = join(bundle, 'init.pid');
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
  return { pid, exitStatus: killed, exitedAt: now() };
}
