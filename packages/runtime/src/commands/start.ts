/** `start`: executes the command of a created container. */
import type { Command } from '../cli/command.ts';
import { Container } from '../container/container.ts';
import { startContainer } from '../container/start.ts';

export const start: Command = {
  name: 'start',
  summary: 'executes the user defined process in a created container',
  usage: '<container-id>',
  flags: [],
  arguments: [1, 1],
  flagsAnywhere: true,
  async run({ global, args: [id = ''] }) {
    await Container.exclusively(global.root, id, startContainer);
    return undefined;
  },
};
