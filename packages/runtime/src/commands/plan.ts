/** `plan`: the whole life of a container as lines, each with the field it comes from. Nothing is executed. */
import type { Command } from '../cli/command.ts';
import { enterBundle } from './create-flags.ts';

export const plan: Command = {
  name: 'plan',
  summary: 'show what create and start would do, without doing it',
  usage: '<bundle>',
  flags: [
    { names: ['json'], kind: 'bool', help: 'print JSON: one object with the steps' },
    { names: ['bundle', 'b'], kind: 'string', help: 'path to the root of the bundle directory' },
    { names: ['id'], kind: 'string', help: 'the id that the container would have', default: 'plan' },
  ],
  arguments: [0, 1],
  flagsAnywhere: true,
  failure: 'plan failed',
  async run({ global, flags, args: [path], print }) {
    const { planContainer, planText } = await import('../container/plan.ts');
    const { bundle, spec } = enterBundle(flags, path);
    const steps = planContainer({ root: global.root, id: flags.text('id') ?? 'plan', bundle, spec });
    print(flags.bool('json') ? `${JSON.stringify({ bundle, steps }, undefined, 2)}\n` : planText(steps));
    return undefined;
  },
};
