/** The version of the containerd behind the engine. */
import type { Engine } from '../engine.ts';
import { messageOf } from '../errors.ts';

/** Asks containerd; an unreachable one is of version `unknown`, since `docker version` must answer all the same. */
export async function containerdVersion({
  containerd,
  logger,
}: Engine): Promise<{ version: string; revision: string }> {
  try {
    return await containerd.version.version({}, { timeoutMs: 2000 });
  } catch (error) {
    logger.warn({ error: messageOf(error) }, 'containerd does not tell its version');
    return { version: 'unknown', revision: '' };
  }
}
