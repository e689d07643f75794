/** Creates a container, and pulls its image if it is not there. */
import { existsSync, writeFileSync } from 'node:fs';
import type { Engine } from '../api/client.ts';
import { EngineError } from '../api/error.ts';
import { pullImage } from '../images/pull.ts';
import { createBody, type Flags } from './body.ts';

/** Creates the container that the flags describe and answers its id. */
export async function createContainer(
  engine: Engine,
  flags: Flags,
  image: string,
  program: readonly string[],
  attached: boolean,
): Promise<string> {
  const body = createBody(flags, image, program, attached);
  if (flags.cidfile !== undefined && existsSync(flags.cidfile))
    throw new Error(`container ID file found, make sure the other container isn't running or delete ${flags.cidfile}`);
  if (flags.pull === 'always') await pullImage(engine, image, flags.platform, flags.quiet);
  const post = (): Promise<{ Id: string; Warnings: string[] | null }> =>
    engine.json('POST', '/containers/create', { query: { name: flags.name, platform: flags.platform }, body });
  const { Id, Warnings } = await post().catch(async (error: unknown) => {
    const missing = error instanceof EngineError && error.status === 404 && error.message.includes('No such image');
    if (!missing || flags.pull === 'never') throw error;
    console.error(`Unable to find image '${image}' locally`);
    await pullImage(engine, image, flags.platform, flags.quiet, process.stderr);
    return post();
  });
  for (const warning of Warnings ?? []) console.error(`WARNING: ${warning}`);
  if (flags.cidfile !== undefined) writeFileSync(flags.cidfile, Id);
  return Id;
}
