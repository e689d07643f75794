/** `create`: makes a container and leaves it waiting for `start`. */
import type { Command } from '../cli/command.ts';
import { createFlags } from './create-flags.ts';
import { createOptions } from './create-options.ts';

export const create: Command = {
  name: 'create',
  summary: 'create a container',
  usage: '<container-id>',
  flags: createFlags,
  arguments: [1, 1],
  flagsAnywhere: true,
  failure: 'runc create failed',
  async run(context) {
    const { createContainer } = await import('../container/create.ts');
    const options = await createOptions(context, true);
    try {
      await createContainer(options);
    } finally {
      options.observer?.done();
    }
    return undefined;
  },
};
