/** `explain`: what a running container is made of, from the kernel, with what its configuration says otherwise. */
import type { Command } from '../cli/command.ts';
import { Container } from '../container/container.ts';

export const explainCommand: Command = {
  name: 'explain',
  summary: 'show what a running container is made of, from the kernel, and where that differs from its configuration',
  usage: '<container-id>',
  flags: [{ names: ['json'], kind: 'bool', help: 'print JSON' }],
  arguments: [1, 1],
  flagsAnywhere: true,
  async run({ global, flags, args: [id = ''], print }) {
    const { explainContainer } = await import('../explain/explain.ts');
    const { explanationText } = await import('../explain/text.ts');
    const explanation = explainContainer(Container.load(global.root, id), global.root);
    // A limit that is none is a number that JSON does not have.
    const plain = (_: string, value: unknown) => (value === Number.POSITIVE_INFINITY ? 'unlimited' : value);
    print(flags.bool('json') ? `${JSON.stringify(explanation, plain, 2)}\n` : explanationText(explanation));
    return undefined;
  },
};
