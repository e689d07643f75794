/** Deletes a container. */
import { pause } from '@drydock/linux/disk';
import type { Log } from '../cli/log.ts';
import { Failure } from '../failure.ts';
import type { Container } from './container.ts';
import { destroy } from './destroy.ts';

/** How long a killed process may take to end. */
const deathBudget = 10_000;

/** Throws {@link Failure} if it runs, unless forced. */
export async function deleteContainer(
  container: Container,
  { force, log }: { readonly force: boolean; readonly log: Log },
): Promise<void> {
  const { status, id, directory, state, cgroup } = container;
  // What a killed `create` has left is ended with its cgroup.
  if (status !== 'stopped' && status !== 'creating') {
    if (status !== 'created' && !force)
      throw new Failure(`cannot delete container ${id} that is not stopped: ${status}`);
    end(container, status === 'paused');
  }
  await destroy({ directory, state, cgroup, log });
}

function end(container: Container, paused: boolean): void {
  const deadline = performance.now() + deathBudget;
  container.kill();
  if (paused) container.cgroup.thaw();
  for (let delay = 0.2; container.status !== 'stopped'; delay = Math.min(delay * 2, 100)) {
    if (performance.now() > deadline) throw new Failure('container init still running');
    pause(delay);
  }
}
