/** `images mount` and `unmount`: an image's root where a person can look at it. */
import { mount as mountAt, unmount as unmountFrom } from '@drydock/linux/mount';
import { ignoreNotFound } from '@drydock/rpc/errors';
import { exists, unpack } from '@drydock/transfer/unpack';
import { command } from '../../command.ts';
import { labelFlag, snapshotterFlag, wordsFlag } from '../../flags/common.ts';
import { platformOf } from '../../flags/platform.ts';
import { registryFlags } from '../../flags/registry.ts';
import { imageDocuments } from '../../image/find.ts';
import { servicesOf } from '../../image/services.ts';
import { need } from '../../words.ts';

export const mount = command(
  'mount [words..]',
  'mount IMAGE TARGET: mount an image',
  (argv) =>
    registryFlags(labelFlag(snapshotterFlag(wordsFlag(argv))))
      .option('rw', { type: 'boolean', default: false, describe: 'writable' })
      .option('platform', { type: 'string', default: '', describe: 'os/arch[/variant]' }),
  async (supervisor, { words, snapshotter, rw, platform }) => {
    const name = need(words[0], 'please provide an image reference to mount');
    const target = need(words[1], 'please provide a target path to mount to');
    const expire = new Date(Date.now() + 24 * 3600 * 1000).toISOString();
    await supervisor.leases.create({ id: target, labels: { 'containerd.io/gc.expire': expire } });
    const leased = supervisor.under(target);
    try {
      const image = await imageDocuments(leased, name, platformOf(platform));
      if (!(await exists(leased, snapshotter, image.chain))) await unpack(servicesOf(leased), image, { snapshotter });
      const make = rw ? leased.snapshots.prepare : leased.snapshots.view;
      const { mounts } = await make({ snapshotter, key: target, parent: image.chain });
      try {
        for (const each of mounts) mountAt(each, target);
      } catch (error) {
        await leased.snapshots.remove({ snapshotter, key: target });
        throw error;
      }
      console.log(image.chain);
      console.log(target);
    } catch (error) {
      await supervisor.leases.delete({ id: target });
      throw error;
    }
  },
);

export const unmount = command(
  'unmount [words..]',
  'unmount TARGET: unmount an image',
  (argv) =>
    registryFlags(labelFlag(snapshotterFlag(wordsFlag(argv)))).option('rm', {
      type: 'boolean',
      default: false,
      describe: 'remove the snapshot, too',
    }),
  async (supervisor, { words, snapshotter, rm }) => {
    const target = need(words[0], 'please provide a target path to unmount from');
    unmountFrom(target);
    if (rm) {
      await supervisor.leases.delete({ id: target }).catch(ignoreNotFound);
      await supervisor.snapshots.remove({ snapshotter, key: target }).catch(ignoreNotFound);
    }
    console.log(target);
  },
);
