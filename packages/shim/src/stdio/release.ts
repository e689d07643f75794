/**
 * Lets go of an output FIFO after its process has ended. A pipe's content lives while anybody has it open, so:
 * a reader that is there gets the end after the last byte; where there is none (the engine was killed), the shim keeps the
 * content until one has come.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { syscall } from '@drydock/linux/syscall';

/** Milliseconds between two looks for a reader. */
const interval = 50;

/** Closes the holder of a FIFO now or when its content has found a reader. The result gives the content up. */
export function releaseReader(path: string, holder: number): () => void {
  if (unreadBytes(holder) === 0) {
    closeSync(holder);
    return () => {};
  }
  let writer: number | undefined = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  closeSync(holder);
  const stop = (): void => {
    clearInterval(timer);
    if (writer !== undefined) closeSync(writer);
    writer = undefined;
  };
  const look = (): void => {
    if (writer !== undefined && (hasReader(writer) || unreadBytes(writer) === 0)) stop();
  };
  const timer = setInterval(look, interval);
  look();
  return stop;
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
