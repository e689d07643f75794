/** `images export` */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exportArchive } from '@drydock/transfer/export';
import { command } from '../../command.ts';
import { wordsFlag } from '../../flags/common.ts';
import { platformFlags, platformsOf } from '../../flags/platform.ts';
import { findImage } from '../../image/find.ts';

export const exportCommand = command(
  'export [words..]',
  'export FILE IMAGE...: write images to a tar archive, an OCI layout that docker load reads too; - is stdout',
  (argv) =>
    platformFlags(wordsFlag(argv))
      .option('skip-manifest-json', { type: 'boolean', default: false, describe: 'leave out manifest.json' })
      .option('skip-non-distributable', { type: 'boolean', default: false, describe: 'leave out foreign layers' }),
  async (supervisor, args) => {
    const [file = '', ...names] = args.words;
    if (file === '' || names.length === 0)
      throw new Error('please provide both an output filename and an image reference to export');
    const images = [];
    for (const name of names) images.push({ name, target: (await findImage(supervisor, name)).target });
    const { skipManifestJson, skipNonDistributable } = args;
    const bytes = exportArchive(supervisor.content, images, {
      platforms: platformsOf(args),
      skipManifestJson,
      skipNonDistributable,
    });
    await pipeline(Readable.from(bytes), file === '-' ? process.stdout : createWriteStream(file), {
      end: file !== '-',
    });
  },
);
