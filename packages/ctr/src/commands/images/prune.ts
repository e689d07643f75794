/** `images prune` (ctr 2.x) */
import { command } from '../../command.ts';

export const prune = command(
  'prune',
  'remove images; only with --all',
  (argv) => argv.option('all', { type: 'boolean', default: false, describe: 'remove all images' }),
  async (supervisor, { all }) => {
    if (!all) throw new Error('prune: only with --all are images removed');
    const { images } = await supervisor.images.list({});
    for (const [index, { name }] of images.entries()) {
      await supervisor.images.delete({ name, sync: index === images.length - 1 });
      console.log(name);
    }
  },
);
