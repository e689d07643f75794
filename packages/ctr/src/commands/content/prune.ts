/** `content prune references`: lets go of layers that only images refer to; their snapshots stay. */
import { command, group } from '../../command.ts';

const layerLabel = /^containerd\.io\/gc\.ref\.content\.(l\.|[1-9])/;

const references = command(
  'references',
  'drop the references to layers, and collect what is left over',
  (argv) =>
    argv
      .option('async', { type: 'boolean', default: false, describe: 'do not wait for the collection' })
      .option('dry', { type: 'boolean', default: false, describe: 'say what would be done' }),
  async (supervisor, { async: isAsync, dry }) => {
    for await (const { info } of supervisor.content.list({}))
      for (const { digest, labels } of info) {
        const keys = Object.keys(labels).filter((key) => layerLabel.test(key));
        if (dry) for (const key of keys) console.error(`${digest}: would remove label ${key}`);
        if (dry || keys.length === 0) continue;
        await supervisor.content.update({
          info: { digest },
          updateMask: { paths: keys.map((key) => `labels.${key}`) },
        });
      }
    const expire = new Date(Date.now() + 3600 * 1000).toISOString();
    const { lease } = await supervisor.leases.create({ labels: { 'containerd.io/gc.expire': expire } });
    await supervisor.leases.delete({ id: lease?.id ?? '', sync: !isAsync });
  },
);

export const prune = group(['prune'], 'let go of content', [references]);
