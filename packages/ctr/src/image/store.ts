/** Gives a descriptor a name in the image store, whether the name is new or not. */
import type { Descriptor } from '@drydock/oci/image-spec';
import { isKind } from '@drydock/rpc/errors';
import type { Supervisor } from '../context.ts';

/** Creates an image, or makes an existing one stand for the target. */
export async function storeImage(
  supervisor: Supervisor,
  name: string,
  { mediaType, digest, size, annotations = {} }: Descriptor,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  const image = { name, labels, target: { mediaType, digest, size, annotations } };
  const paths = ['target', ...Object.keys(labels).map((key) => `labels.${key}`)];
  await supervisor.images.update({ image, updateMask: { paths } }).catch(async (error: unknown) => {
    if (!isKind(error, 'not found')) throw error;
    await supervisor.images.create({ image });
  });
}
