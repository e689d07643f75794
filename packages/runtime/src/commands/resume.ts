/** `resume`: lets a paused container go on. */
import type { Command } from '../cli/command.ts';
import { Container } from '../container/container.ts';
import { Failure } from '../failure.ts';

export const resume: Command = {
  name: 'resume',
  summary: 'resumes all processes that have been previously paused',
  usage: '<container-id>',
  flags: [],
  arguments: [1, 1],
  flagsAnywhere: true,
  async run({ global, args: [id = ''] }) {
    await Container.exclusively(global.root, id, (container) => {
      if (container.status !== 'paused') throw new Failure('container not paused');
      container.cgroup.thaw();
    });
    return undefined;
  },
};
