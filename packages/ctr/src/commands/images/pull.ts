/** `images pull`: by the supervisor's Transfer service where there is one, or by this client. */
import { chainId } from '@drydock/oci/digest';
import type { Descriptor } from '@drydock/oci/image-spec';
import { formatPlatform, hostPlatform } from '@drydock/oci/platform';
import { isKind } from '@drydock/rpc/errors';
import { fetchImage, type UnpackTarget } from '@drydock/transfer/fetch';
import { parseRemoteReference } from '@drydock/transfer/remote-reference';
import { type Platforms, readImage } from '@drydock/transfer/tree';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { command } from '../../command.ts';
import type { Supervisor } from '../../context.ts';
import { labelFlag, snapshotterFlag, wordsFlag } from '../../flags/common.ts';
import { type PlatformFlags, platformFlags, platformsOf } from '../../flags/platform.ts';
import { type RegistryFlags, registryFlags, remoteOf } from '../../flags/registry.ts';
import { pullByServer } from '../../image/pull-by-server.ts';
import { servicesOf } from '../../image/services.ts';
import { storeImage } from '../../image/store.ts';
import { TransferDisplay } from '../../image/transfer-display.ts';
import { goDuration } from '../../output.ts';
import { labelsOf, need } from '../../words.ts';

const options = (argv: Argv) =>
  registryFlags(platformFlags(snapshotterFlag(labelFlag(wordsFlag(argv)))))
    .option('all-metadata', { type: 'boolean', default: false, describe: 'the documents of all platforms' })
    .option('print-chainid', { type: 'boolean', default: false, describe: "print the image's chain id" })
    .option('max-concurrent-downloads', { type: 'number', default: 0, describe: 'blobs at once; 0: as usual' })
    .option('local', { type: 'boolean', default: false, describe: 'pull by this client, not by the supervisor' });

export interface PullFlags extends RegistryFlags, PlatformFlags {
  readonly snapshotter: string;
  readonly label: string[];
  readonly allMetadata: boolean;
  readonly maxConcurrentDownloads: number;
}

export const pull = command(
  'pull [words..]',
  'pull REF: an image from a registry',
  options,
  async (supervisor, args) => {
    const name = need(args.words[0], 'please provide an image reference to pull');
    const display = new TransferDisplay();
    const started = performance.now();
    const target = await pullImage(supervisor, name, args, display).finally(() => display.end());
    for (const platform of unpackedPlatforms(platformsOf(args))) {
      console.log(`unpacking ${formatPlatform(platform)} ${target.digest}...`);
      if (!args.printChainid) continue;
      const { config } = await readImage(supervisor.content, target, platform);
      console.log(`image chain ID: ${chainId(config.rootfs.diff_ids ?? [])}`);
    }
    console.log(`done: ${goDuration(performance.now() - started)}\t`);
  },
);

async function pullImage(
  supervisor: Supervisor,
  name: string,
  args: ArgumentsCamelCase<PullFlags & { local: boolean }>,
  display: TransferDisplay,
): Promise<Descriptor> {
  await resolving(name, async () => parseRemoteReference(name));
  const onlyHere = args.skipVerify || args.tlscacert !== '' || args.tlscert !== '' || args.maxConcurrentDownloads > 0;
  if (args.local || onlyHere) return pullHere(supervisor, name, args, display);
  try {
    return await pullByServer(supervisor, name, args, display);
  } catch (error) {
    // containerd before 2.0.
    if (!isKind(error, 'not implemented')) throw inWordsOfClient(error as Error, name);
    return pullHere(supervisor, name, args, display);
  }
}

async function pullHere(
  supervisor: Supervisor,
  name: string,
  args: PullFlags,
  display: TransferDisplay,
): Promise<Descriptor> {
  const platforms = platformsOf(args);
  const { snapshotter } = args;
  return supervisor.withLease((leased) =>
    fetchTo(leased, name, args, {
      display,
      platforms,
      unpack: unpackedPlatforms(platforms).map((platform) => ({ platform, snapshotter })),
    }),
  );
}

export interface FetchTo {
  readonly display: TransferDisplay;
  readonly platforms: Platforms;
  readonly unpack?: readonly UnpackTarget[];
  /** Layers are left out. */
  readonly documentsOnly?: boolean;
}

/** Fetches an image by this client, and gives it its name. */
export async function fetchTo(
  leased: Supervisor,
  name: string,
  args: PullFlags,
  { display, platforms, unpack, documentsOnly = false }: FetchTo,
): Promise<Descriptor> {
  const remote = await resolving(name, () => remoteOf(name, args, 'pull'));
  const target = await resolving(name, () => remote.resolve());
  display.note(name, 'resolved');
  await fetchImage(servicesOf(leased), remote, target, {
    platforms,
    allMetadata: args.allMetadata,
    documentsOnly,
    ...(unpack === undefined ? {} : { unpack }),
    ...(args.maxConcurrentDownloads > 0 ? { concurrency: args.maxConcurrentDownloads } : {}),
    onEvent: ({ blob, state, offset }) => display.blob(blob, states[state], offset),
  });
  await storeImage(leased, name, target, labelsOf(args.label));
  return target;
}

const states = {
  waiting: 'waiting',
  exists: 'exists',
  downloading: 'downloading',
  complete: 'done',
  extracting: 'extracting',
  extracted: 'done',
} as const;

/** The server's own words for what it could not resolve, and the client's. */
function inWordsOfClient(error: Error, name: string): Error {
  const message = error.message.replace('failed to resolve image', `failed to resolve reference "${name}"`);
  return new Error(message, { cause: error });
}

async function resolving<T>(name: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const message = (error as Error).message.replace(`${name}: `, '').replace('invalid reference: ', '');
    const isMissing = message === 'not found';
    throw new Error(`failed to resolve reference "${name}": ${isMissing ? `${name}: ` : ''}${message}`, {
      cause: error,
    });
  }
}

/** Of all platforms only this machine's is unpacked. */
function unpackedPlatforms(platforms: Platforms) {
  return platforms === 'all' ? [hostPlatform] : platforms;
}
