/** `images`: names for content. */
import { isKind } from '@drydock/rpc/errors';
import type { Argv } from 'yargs';
import { command, group, quiet } from '../command.ts';
import { importArchive } from '../images/import.ts';
import { unpack } from '../images/unpack.ts';
import { binarySize, labelText, printTable } from '../output.ts';
import { readImage } from '../run/image.ts';

const list = command(['list', 'ls'], 'list images', quiet, async (supervisor, args) => {
  const { images } = await supervisor.images.list({});
  if (args.quiet) {
    for (const { name } of images) console.log(name);
    return;
  }
  const rows: string[][] = [];
  for (const { name, target, labels } of images) {
    const { manifest, config } = await readImage(supervisor, name);
    const size = [manifest.config, ...manifest.layers].reduce((sum, blob) => sum + blob.size, target?.size ?? 0);
    rows.push([
      name,
      target?.mediaType ?? '',
      target?.digest ?? '',
      binarySize(size),
      `${config.os}/${config.architecture}`,
      labelText(labels, '-'),
    ]);
  }
  printTable([['REF', 'TYPE', 'DIGEST', 'SIZE', 'PLATFORMS', 'LABELS'], ...rows], 1);
});

const importCommand = command(
  'import <file>',
  'import images from a tar archive: docker save, or an OCI layout; - is stdin',
  (argv: Argv) =>
    argv
      .positional('file', { type: 'string', demandOption: true })
      .option('snapshotter', { type: 'string', default: 'overlayfs' })
      .option('no-unpack', { type: 'boolean', default: false, describe: 'leave the layers packed' }),
  async (supervisor, { file, snapshotter, noUnpack }) => {
    await supervisor.withLease(async (leased) => {
      for (const { name, digest } of await importArchive(leased, file)) {
        if (noUnpack) continue;
        process.stdout.write(`unpacking ${name} (${digest})...`);
        await unpack(leased, name, snapshotter ?? '');
        console.log('done');
      }
    });
  },
);

const tag = command(
  'tag <source> <targets..>',
  'give an image more names',
  (argv: Argv) =>
    argv
      .positional('source', { type: 'string', demandOption: true })
      .positional('targets', { type: 'string', array: true, demandOption: true })
      .option('force', { type: 'boolean', default: false, describe: 'take the name from another image' }),
  async (supervisor, { source, targets, force }) => {
    const { image } = await supervisor.images.get({ name: source });
    for (const name of targets) {
      if (force) await supervisor.images.delete({ name }).catch(() => {});
      await supervisor.images.create({ image: { ...image, name } });
      console.log(name);
    }
  },
);

const remove = command(
  ['delete <names..>', 'del', 'remove', 'rm'],
  'remove images',
  (argv: Argv) =>
    argv
      .positional('names', { type: 'string', array: true, demandOption: true })
      .option('sync', { type: 'boolean', default: false, describe: 'wait until the content is gone too' }),
  async (supervisor, { names, sync }) => {
    for (const name of names) {
      try {
        await supervisor.images.delete({ name, sync });
        console.log(name);
      } catch (error) {
        if (!isKind(error, 'not found')) throw error;
        console.error(`${name}: image not found`);
      }
    }
  },
);

export const imagesCommand = group(['images', 'i', 'image'], 'manage images', [list, importCommand, tag, remove]);
