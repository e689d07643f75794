/** Lets the command of a created container be executed. */
import { closeFile, Open, openFile, removeFile, writeAll } from '@drydock/linux/disk';
import { Failure } from '../failure.ts';
import { runHooks } from '../hooks/run.ts';
import type { Container } from './container.ts';
import { readFinding } from './finding-file.ts';

/** Starts a container. Throws {@link Failure} if it is not created; a failing poststart hook ends the container. */
export async function startContainer(container: Container): Promise<void> {
  const { status, state, pid } = container;
  if (status === 'running') throw new Failure('cannot start an already running container');
  if (status === 'stopped') throw new Failure('cannot start a container that has stopped');
  if (status !== 'created') throw new Failure(`cannot start a container in the ${status} state`);
  await runHooks(state.hooks, 'startContainer', {
    state: container.ociState('created'),
    inside: { pid, namespaces: Object.keys(state.namespaces) },
  });
  const descriptor = openFile(container.fifo, Open.write | Open.nonblock);
  try {
    writeAll(descriptor, Buffer.from(`${readFinding(container.directory)}\n`), container.fifo);
  } finally {
    closeFile(descriptor);
  }
  removeFile(container.fifo);
  try {
    await runHooks(state.hooks, 'poststart', { state: container.ociState('running') });
  } catch (error) {
    container.kill();
    throw error;
  }
}
