/** `delete`: removes what is left of a container; one that was never started, and with --force any, is ended first. */
import type { Command } from '../cli/command.ts';
import { Container } from '../container/container.ts';
import { deleteContainer } from '../container/delete.ts';
import { removeStateDirectory } from '../container/destroy.ts';
import { NoSuchContainer } from '../failure.ts';

export const delete_: Command = {
  name: 'delete',
  summary: 'delete any resources held by the container often used with detached container',
  usage: '<container-id>',
  flags: [
    {
      names: ['force', 'f'],
      kind: 'bool',
      help: 'Forcibly deletes the container if it is still running (uses SIGKILL)',
    },
  ],
  arguments: [1, 1],
  flagsAnywhere: true,
  async run({ global, flags, args: [id = ''], log }) {
    const force = flags.bool('force');
    try {
      await Container.exclusively(global.root, id, (container) => deleteContainer(container, { force, log }));
    } catch (error) {
      if (!(error instanceof NoSuchContainer)) throw error;
      // A `create` that was killed before it had written the state has left at most its directory.
      removeStateDirectory(`${global.root}/${id}`);
      if (!force) throw error;
    }
    return undefined;
  },
};
