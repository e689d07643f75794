/** `content fetch`, `fetch-object`, `fetch-blob`, `push-object`: blobs from and to registries. */
import { isIndex, isManifest, MediaType } from '@drydock/oci/media-types';
import { readBlob, statBlob, streamBlob } from '@drydock/transfer/blobs';
import { expectStatus } from '@drydock/transfer/registry/repository';
import { pushBlob } from '@drydock/transfer/registry/upload';
import { command } from '../../command.ts';
import { labelFlag, snapshotterFlag, wordsFlag } from '../../flags/common.ts';
import { platformFlags, platformsOf } from '../../flags/platform.ts';
import { registryFlags, remoteOf } from '../../flags/registry.ts';
import { TransferDisplay } from '../../image/transfer-display.ts';
import { fetchTo } from '../images/pull.ts';
import { expectDigest } from './list.ts';

export const fetch = command(
  'fetch [words..]',
  'fetch REF: an image from a registry, without unpacking it',
  (argv) =>
    registryFlags(platformFlags(snapshotterFlag(labelFlag(wordsFlag(argv)))))
      .option('all-metadata', { type: 'boolean', default: false, describe: 'the documents of all platforms' })
      .option('metadata-only', { type: 'boolean', default: false, describe: 'documents, no layers' })
      .option('max-concurrent-downloads', { type: 'number', default: 0, describe: 'blobs at once; 0: as usual' }),
  async (supervisor, args) => {
    const [name = ''] = args.words;
    const display = new TransferDisplay();
    await supervisor
      .withLease((leased) =>
        fetchTo(leased, name, args, { display, platforms: platformsOf(args), documentsOnly: args.metadataOnly }),
      )
      .finally(() => display.end());
  },
);

export const fetchObject = command(
  'fetch-object [words..]',
  'fetch-object REF: what a reference stands for, to stdout',
  (argv) => registryFlags(wordsFlag(argv)),
  async (_, args) => {
    const remote = await remoteOf(args.words[0] ?? '', args, 'pull');
    const { digest } = remote.reference;
    const target = await remote.resolve().catch((error: unknown) => {
      // What no manifest is may be a blob.
      if (digest === undefined) throw error;
      return undefined;
    });
    if (target !== undefined) process.stdout.write((await remote.manifest(target.digest)).bytes);
    else
      for await (const chunk of remote.blob({ digest: digest!, size: await remote.blobSize(digest!) }))
        process.stdout.write(chunk);
  },
);

export const fetchBlob = command(
  'fetch-blob [words..]',
  'fetch-blob REF DIGEST...: blobs of a repository, to stdout',
  (argv) => registryFlags(wordsFlag(argv)),
  async (_, args) => {
    const [name = '', ...digests] = args.words;
    const remote = await remoteOf(name, args, 'pull');
    for (const digest of digests) {
      expectDigest(digest);
      for await (const chunk of remote.blob({ digest, size: await remote.blobSize(digest) }))
        process.stdout.write(chunk);
    }
  },
);

export const pushObject = command(
  'push-object [words..]',
  'push-object REF DIGEST TYPE: a blob to a registry',
  (argv) => registryFlags(wordsFlag(argv)),
  async (supervisor, args) => {
    const [name = '', digest = '', type = MediaType.ociManifest] = args.words;
    expectDigest(digest);
    const info = await statBlob(supervisor.content, digest);
    if (info === undefined) throw new Error(`content digest ${digest}: not found`);
    const { target } = await remoteOf(name, args, 'push');
    if (isManifest(type) || isIndex(type)) {
      const body = await readBlob(supervisor.content, digest);
      const response = await target.request(`manifests/${digest}`, {
        method: 'PUT',
        headers: { 'content-type': type },
        body,
      });
      await expectStatus(response, [201]);
      await response.body.dump();
    } else {
      const read = (offset: number) => streamBlob(supervisor.content, digest, offset);
      if ((await pushBlob(target, { digest, size: info.size, read })) === 'exists')
        throw new Error(`content ${digest} on remote: already exists`);
    }
    console.log(`Pushed ${digest}`);
  },
);
