/** `completion`: a shell's completion of this command line, made from the flags that it has. */
import type { Command } from '../cli/command.ts';
import { Failure } from '../failure.ts';

const shells = ['bash', 'zsh'] as const;

export const completion: Command = {
  name: 'completion',
  summary: 'print what makes a shell complete this command line: source <(… completion bash)',
  usage: '<bash|zsh>',
  flags: [],
  arguments: [1, 1],
  flagsAnywhere: true,
  async run({ args: [shell = ''], print }) {
    if (!shells.some((known) => known === shell)) throw new Failure(`no completion for ${shell}: bash or zsh`);
    const { bashCompletion, zshCompletion } = await import('../cli/completion.ts');
    const { allCommands } = await import('./index.ts');
    const commands = await allCommands();
    print(shell === 'bash' ? bashCompletion(commands) : zshCompletion(commands));
    return undefined;
  },
};
