/** `run`: create and start in one; unless detached, stays until the container ends, and deletes it. */
import type { Command } from '../cli/command.ts';
import { createFlags } from './create-flags.ts';
import { createOptions } from './create-options.ts';

export const run: Command = {
  name: 'run',
  summary: 'create and run a container',
  usage: '<container-id>',
  flags: [
    ...createFlags,
    { names: ['detach', 'd'], kind: 'bool', help: "detach from the container's process" },
    { names: ['keep'], kind: 'bool', help: 'do not delete the container after it exits' },
    {
      names: ['no-subreaper'],
      kind: 'bool',
      help: 'disable the use of the subreaper used to reap reparented processes',
    },
  ],
  arguments: [1, 1],
  flagsAnywhere: true,
  failure: 'runc run failed',
  async run(context) {
    const { runContainer } = await import('../container/run.ts');
    const { flags } = context;
    const detach = flags.bool('detach');
    return await runContainer({
      ...(await createOptions(context, detach)),
      detach,
      keep: flags.bool('keep'),
      subreaper: !flags.bool('no-subreaper'),
    });
  },
};
