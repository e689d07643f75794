/**
 * The logs of shims: fifos that shims write to and the supervisor copies to its own standard error. A foreign shim has one
 * in its bundle; our own share one. The supervisor's end is open for reading and writing, so that shims that come and go
 * end nothing; while no supervisor reads, what shims say is lost, and they do not wait.
 */
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { mkfifo } from '@drydock/linux/fifo';

export interface ShimLog {
  close(): void;
}

/** Makes the fifo in a bundle if it is missing, and copies what comes. */
export function openShimLog(bundle: string, output: NodeJS.WritableStream): ShimLog {
  return copyFifo(join(bundle, 'log'), output);
}

/** Opens the fifo of our own shims; `writer` is the descriptor to hand to them. */
export function openOwnShimLog(path: string, output: NodeJS.WritableStream): ShimLog & { readonly writer: number } {
  const log = copyFifo(path, output);
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  return {
    writer,
    close: () => {
      log.close();
      closeSync(writer);
    },
  };
}

function copyFifo(path: string, output: NodeJS.WritableStream): ShimLog {
  if (!existsSync(path)) mkfifo(path, 0o700);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const socket = new Socket({ fd, readable: true, writable: false });
  socket.on('data', (chunk) => output.write(chunk));
  socket.on('error', () => socket.destroy());
  socket.unref();
  return { close: () => socket.destroy() };
}
