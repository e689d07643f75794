/** `images push` */
import type { Descriptor } from '@drydock/oci/image-spec';
import { MediaType } from '@drydock/oci/media-types';
import { statBlob } from '@drydock/transfer/blobs';
import { pushImage } from '@drydock/transfer/push';
import { command } from '../../command.ts';
import type { Supervisor } from '../../context.ts';
import { wordsFlag } from '../../flags/common.ts';
import { platformOf } from '../../flags/platform.ts';
import { registryFlags, remoteOf } from '../../flags/registry.ts';
import { findImage } from '../../image/find.ts';
import { TransferDisplay } from '../../image/transfer-display.ts';
import { need } from '../../words.ts';

export const push = command(
  'push [words..]',
  'push REMOTE [LOCAL]: an image to a registry',
  (argv) =>
    registryFlags(wordsFlag(argv))
      .option('manifest', { type: 'string', default: '', describe: 'digest of the manifest to push' })
      .option('manifest-type', { type: 'string', default: MediaType.ociManifest as string, describe: 'its media type' })
      .option('platform', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [] as string[],
        describe: 'os/arch[/variant]',
      })
      .option('max-concurrent-uploaded-layers', { type: 'number', default: 0, describe: 'blobs at once; 0: as usual' })
      .option('allow-non-distributable-blobs', { type: 'boolean', default: false, describe: 'foreign layers too' })
      .option('local', { type: 'boolean', default: true, describe: 'push by this client' }),
  async (supervisor, args) => {
    const name = need(args.words[0], 'please provide a remote image reference to push');
    const target = await targetOf(supervisor, args.words[1] ?? name, args);
    const remote = await remoteOf(name, args, 'push');
    const display = new TransferDisplay();
    try {
      await pushImage(supervisor, remote, target, {
        platforms: args.platform.length === 0 ? 'all' : args.platform.map(platformOf),
        ...(args.maxConcurrentUploadedLayers > 0 ? { concurrency: args.maxConcurrentUploadedLayers } : {}),
        onEvent: ({ blob, state, offset }) => display.blob(blob, states[state], offset),
      });
    } finally {
      display.end();
    }
  },
);

const states = {
  waiting: 'waiting',
  exists: 'already exists',
  mounted: 'mounted',
  uploading: 'uploading',
  complete: 'done',
} as const;

async function targetOf(
  supervisor: Supervisor,
  local: string,
  { manifest, manifestType }: { readonly manifest: string; readonly manifestType: string },
): Promise<Descriptor> {
  if (manifest !== '') {
    const info = await statBlob(supervisor.content, manifest);
    if (info === undefined) throw new Error(`content digest ${manifest}: not found`);
    return { mediaType: manifestType, digest: manifest, size: info.size };
  }
  try {
    return (await findImage(supervisor, local)).target;
  } catch (error) {
    throw new Error(`unable to resolve image to manifest: ${(error as Error).message}`, { cause: error });
  }
}
