/** Hands a caller a descriptor of a process that was started: it names that process for ever, as a pid does not. */
import { sendDescriptors } from '@drydock/linux/descriptor-message';
import { closeFile } from '@drydock/linux/disk';
import { openProcess } from './process.ts';

/** `kind` is what runc's message says: `standard` for a first process, `setns` for one of an exec. */
export function sendProcess(socket: number, pid: number, kind: 'standard' | 'setns'): void {
  const process = openProcess(pid);
  try {
    sendDescriptors(socket, Buffer.from(kind), [process]);
  } finally {
    closeFile(process);
    closeFile(socket);
  }
}
