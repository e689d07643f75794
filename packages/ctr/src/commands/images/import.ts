/** `images import` */
import { createReadStream, existsSync } from 'node:fs';
import type { Descriptor } from '@drydock/oci/image-spec';
import { fullName, parseReference, withDefaultTag } from '@drydock/oci/reference';
import { importArchive, nameOf } from '@drydock/transfer/import';
import { readImage } from '@drydock/transfer/tree';
import { unpack } from '@drydock/transfer/unpack';
import { command } from '../../command.ts';
import type { Supervisor } from '../../context.ts';
import { labelFlag, snapshotterFlag, wordsFlag } from '../../flags/common.ts';
import { platformFlags, platformsOf } from '../../flags/platform.ts';
import { servicesOf } from '../../image/services.ts';
import { storeImage } from '../../image/store.ts';
import { labelsOf } from '../../words.ts';

export const importCommand = command(
  'import [words..]',
  'import FILE: images from a tar archive: docker save, or an OCI layout; - is stdin',
  (argv) =>
    labelFlag(platformFlags(snapshotterFlag(wordsFlag(argv))))
      .option('base-name', { type: 'string', default: '', describe: 'only images whose name begins so' })
      .option('digests', { type: 'boolean', default: false, describe: 'a name with the digest, too' })
      .option('skip-digest-for-named', { type: 'boolean', default: false, describe: 'no digest for what has a name' })
      .option('index-name', { type: 'string', default: '', describe: 'keep the index under this name' })
      .option('unpack', { type: 'boolean', default: true, describe: 'unpack; --no-unpack leaves the layers packed' })
      .option('local', { type: 'boolean', default: true, describe: 'import by the client' }),
  async (supervisor, args) => {
    const [file = ''] = args.words;
    const source = openFile(file);
    await supervisor.withLease(async (leased) => {
      const { index, images } = await importArchive(leased.content, source);
      const naming = { ...args, prefix: args.baseName || `import-${new Date().toISOString().slice(0, 10)}` };
      const labels = labelsOf(args.label);
      if (args.indexName !== '') await storeImage(leased, args.indexName, index, labels);
      const stored: [string, Descriptor][] = [];
      for (const { name, target } of images)
        for (const each of namesOf(target, name, naming)) {
          await storeImage(leased, each, target, labels);
          stored.push([each, target]);
        }
      if (args.unpack) for (const [name, target] of stored) await unpackOne(leased, name, target, args);
    });
  },
);

/** The archive's bytes. Throws in Go's words if there is no such file. */
function openFile(path: string): AsyncIterable<Uint8Array> {
  if (path === '-') return process.stdin;
  if (!existsSync(path)) throw new Error(`open ${path}: no such file or directory`);
  return createReadStream(path);
}

interface Naming {
  readonly prefix: string;
  readonly baseName: string;
  readonly digests: boolean;
  readonly skipDigestForNamed: boolean;
}

/** What an image of the archive is called: its own name, a tag behind the prefix, its digest behind the prefix. */
function namesOf(
  target: Descriptor,
  given: string | undefined,
  { prefix, baseName, digests, skipDigestForNamed }: Naming,
): string[] {
  const name = given ?? nameOf(target, (short) => prefixed(short, prefix, baseName));
  const digested = `${prefix}@${target.digest}`;
  if (name === undefined) return digests ? [digested] : [];
  return digests && !skipDigestForNamed ? [name, digested] : [name];
}

function prefixed(short: string, prefix: string, baseName: string): string | undefined {
  if (!/[/:@]/.test(short)) return `${prefix}:${short}`;
  if (baseName !== '' && !short.startsWith(baseName)) return undefined;
  return fullName(withDefaultTag(parseReference(short)));
}

async function unpackOne(
  supervisor: Supervisor,
  name: string,
  target: Descriptor,
  args: Parameters<typeof platformsOf>[0] & { readonly snapshotter: string },
): Promise<void> {
  process.stdout.write(`unpacking ${name} (${target.digest})...`);
  const platforms = platformsOf(args);
  for (const platform of platforms === 'all' ? [undefined] : platforms) {
    const image = await readImage(supervisor.content, target, platform);
    await unpack(servicesOf(supervisor), image, { snapshotter: args.snapshotter });
  }
  console.log('done');
}
