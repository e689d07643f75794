/** Waits until somebody listens at a socket's path: the path is there a moment earlier, when a connection is still refused. */
import { connect } from 'node:net';

export async function listening(path: string): Promise<void> {
  while (!(await connects(path))) await new Promise((resolve) => setTimeout(resolve, 10));
}

function connects(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
