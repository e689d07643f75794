/** Pulls an image, as `pull` and a `run` that lacks its image do. */
import { familiarName, fullName, parseReference, repositoryOf, withDefaultTag } from '@drydock/oci/reference';
import type { Engine } from '../api/client.ts';
import { registryAuth } from '../config/auth.ts';
import { showProgress } from '../output/progress.ts';

/** Pulls one image and shows the progress; answers its full name. */
export async function pullImage(
  engine: Engine,
  image: string,
  platform?: string,
  quiet = false,
  out: NodeJS.WriteStream = process.stdout,
): Promise<string> {
  const reference = withDefaultTag(parseReference(image));
  if (!quiet && familiarName(parseReference(image)) !== familiarName(reference))
    out.write(`Using default tag: ${reference.tag}\n`);
  const query = { fromImage: repositoryOf(reference), tag: reference.digest ?? reference.tag, platform };
  const { body } = await engine.request('POST', '/images/create', {
    query,
    headers: { 'x-registry-auth': registryAuth(image) },
  });
  await showProgress(body, { quiet, out });
  return fullName(reference);
}
