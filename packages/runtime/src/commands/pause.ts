/** `pause`: suspends all processes of a container. */
import type { Command } from '../cli/command.ts';
import { Container } from '../container/container.ts';
import { Failure } from '../failure.ts';

export const pause: Command = {
  name: 'pause',
  summary: 'pause suspends all processes inside the container',
  usage: '<container-id>',
  flags: [],
  arguments: [1, 1],
  flagsAnywhere: true,
  async run({ global, args: [id = ''] }) {
    await Container.exclusively(global.root, id, (container) => {
      const { status } = container;
      if (status !== 'running' && status !== 'created') throw new Failure('container not running');
      container.cgroup.freeze();
    });
    return undefined;
  },
};
