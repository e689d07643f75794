/**
 * Lets go of an output FIFO after its process has ended. A pipe's content lives while anybody has it open, so:
 * a reader that is there gets the end after the last byte; where there is none (the engine was killed), the shim keeps the
 * content until one has come.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { FileEvent, watchFile } from '@drydock/linux/inotify';
import { syscall } from '@drydock/linux/syscall';
import { readDescriptor } from './read-descriptor.ts';

/** Closes the holder of a FIFO now or when its content has found a reader. The result gives the content up. */
export function releaseReader(path: string, holder: number): () => void {
  const opens = unreadBytes(holder) === 0 ? undefined : watchOpens(path);
  if (opens === undefined) {
    closeSync(holder);
    return () => {};
  }
  const writer = openSync(`/proc/self/fd/${holder}`, constants.O_WRONLY | constants.O_NONBLOCK);
  closeSync(holder);
  const given = new AbortController();
  void keepUntilRead(writer, opens, given.signal).finally(() => {
    closeSync(writer);
    closeSync(opens);
  });
  return () => given.abort();
}

async function keepUntilRead(writer: number, opens: number, signal: AbortSignal): Promise<void> {
  // The watch is older than this look: no reader comes unseen.
  if (hasReader(writer)) return;
  for await (const _ of readDescriptor(opens, signal)) if (hasReader(writer)) return;
}

/** A descriptor that tells of those who open the FIFO; undefined if it has lost its name, so that nobody can. */
function watchOpens(path: string): number | undefined {
  try {
    return watchFile(path, FileEvent.open);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Bytes in a pipe (FIONREAD). */
function unreadBytes(fd: number): number {
  const count = Buffer.alloc(4);
  syscall('ioctl', [fd, 0x541b, count], 'ioctl FIONREAD');
  return count.readInt32LE(0);
}

/** Whether anybody has the other end of a pipe open: poll(2) reports POLLERR on a writing end without readers. */
function hasReader(writer: number): boolean {
  const pollerr = 8;
  const request = Buffer.alloc(8);
  request.writeInt32LE(writer, 0);
  syscall('ppoll', [request, 1, Buffer.alloc(16), null, 8], 'ppoll');
  return (request.readInt16LE(6) & pollerr) === 0;
}
