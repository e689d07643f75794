/** `run`: an image, a snapshot, a container, a task. */
import type { Argv } from 'yargs';
import { command, programOf } from '../command.ts';
import { createContainer } from '../container/create.ts';
import { containerFlags, runOnlyFlags } from '../flags/container.ts';
import { runTask, streamFlags } from '../run/start.ts';
import { deleteContainer } from './containers/remove.ts';

const options = (argv: Argv) =>
  streamFlags(runOnlyFlags(containerFlags(argv)))
    .option('rm', { type: 'boolean', default: false, describe: 'remove the container afterwards' })
    .option('cni', { type: 'boolean', default: false, describe: 'a network by CNI plug-ins' })
    .option('dump-config', { type: 'boolean', default: false, describe: 'print the configuration too' });

export const runCommand = command(
  'run',
  'run [flags] IMAGE ID [ARGUMENT...]: run a container',
  options,
  async (supervisor, flags) => {
    if (flags.rm && flags.detach) throw new Error('flags --detach and --rm cannot be specified together');
    if (flags.cni) throw new Error('cni: drydock-ctr runs no CNI plug-ins; use --net-host, or --with-ns network:PATH');
    const { id, spec, rootfs, options } = await createContainer(supervisor, {
      flags,
      words: programOf(flags),
      suffix: '',
    });
    if (flags.dumpConfig) console.error(JSON.stringify(spec, undefined, 4));
    try {
      await runTask(supervisor, { id, terminal: flags.tty, rootfs, options }, flags);
    } finally {
      if (flags.rm) await deleteContainer(supervisor, id);
    }
  },
);
