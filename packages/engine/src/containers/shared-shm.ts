/** /dev/shm of a container that shares another's IPC namespace. */
import type { Engine } from '../engine.ts';
import { badParameter } from '../errors.ts';
import { lender } from './spec/namespaces.ts';

/** Where the other's /dev/shm is seen from here; undefined if the container has its own or the machine's. */
export function sharedShm({ containers }: Engine, ipcMode: string): string | undefined {
  const name = lender(ipcMode);
  if (name === undefined) return undefined;
  const other = containers.find(name);
  const mode = other.record.hostConfig.IpcMode;
  if (mode !== 'shareable' && mode !== 'host')
    throw badParameter(
      `can't join IPC of container ${name}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
    );
  return `/proc/${other.state.pid}/root/dev/shm`;
}
