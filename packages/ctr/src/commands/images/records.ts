/** `images delete`, `tag`, `label`: the names of images. */
import { ignoreNotFound, isKind } from '@drydock/rpc/errors';
import { command } from '../../command.ts';
import { wordsFlag } from '../../flags/common.ts';
import { log } from '../../log.ts';
import { labelText } from '../../output.ts';
import { labelPaths, labelsOf, need } from '../../words.ts';

export const remove = command(
  ['delete [words..]', 'del', 'remove', 'rm'],
  'remove images',
  (argv) =>
    wordsFlag(argv).option('sync', { type: 'boolean', default: false, describe: 'wait until the content is gone too' }),
  async (supervisor, { words: names, sync }) => {
    for (const [index, name] of names.entries()) {
      try {
        await supervisor.images.delete({ name, sync: sync && index === names.length - 1 });
        console.log(name);
      } catch (error) {
        if (!isKind(error, 'not found')) throw error;
        log('warning', `${name}: image not found`);
      }
    }
  },
);

export const tag = command(
  'tag [words..]',
  'tag SOURCE TARGET...: give an image more names',
  (argv) =>
    wordsFlag(argv).option('force', { type: 'boolean', default: false, describe: 'take the name from another image' }),
  async (supervisor, { words: [source, ...targets], force }) => {
    const from = need(source, 'please provide an image reference to tag from');
    need(targets[0], 'please provide an image reference to tag to');
    await supervisor.withLease(async (leased) => {
      const { image } = await leased.images.get({ name: from });
      for (const name of targets) {
        if (force) await leased.images.delete({ name }).catch(ignoreNotFound);
        await leased.images.create({ image: { ...image, name } });
        console.log(name);
      }
    });
  },
);

export const label = command(
  'label [words..]',
  'label IMAGE KEY=VALUE...: set and clear labels',
  (argv) =>
    wordsFlag(argv).option('replace-all', { alias: 'r', type: 'boolean', default: false, describe: 'drop the others' }),
  async (supervisor, { words: [given, ...pairs], replaceAll }) => {
    const name = need(given, 'please specify an image');
    const labels = labelsOf(pairs);
    const paths = replaceAll ? ['labels'] : labelPaths(labels);
    const { image } = await supervisor.images.update({ image: { name, labels, target: {} }, updateMask: { paths } });
    console.log(labelText(image?.labels ?? {}, ''));
  },
);
