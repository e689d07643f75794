/** A container's working directory must not be a file; the runtime makes one that is missing. */
import type { Mount } from '@drydock/rpc/generated/types';
import type { Engine } from '../engine.ts';
import { systemError } from '../errors.ts';
import { unmountedFiles } from './container-files.ts';

/** Throws if the path is a file in the container's tree. */
export async function checkWorkingDirectory(engine: Engine, rootfs: readonly Mount[], path: string): Promise<void> {
  const text = await unmountedFiles(engine, rootfs)(path);
  if (text !== undefined) throw systemError(`Cannot mkdir: ${path} is not a directory`);
}
