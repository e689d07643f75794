/** `plan`: the whole life of a container, or of an exec, as lines with the field each comes from. Nothing is executed. */
import type { Command } from '../cli/command.ts';
import { Container } from '../container/container.ts';
import { Failure } from '../failure.ts';
import { enterBundle } from './create-flags.ts';
import { wantedProcess } from './wanted-process.ts';

export const plan: Command = {
  name: 'plan',
  summary: 'show what create and start, or exec, would do, without doing it',
  usage: '<bundle> || --exec <container-id> [--] <command> [arguments...]',
  flags: [
    { names: ['json'], kind: 'bool', help: 'print JSON: one object with the steps' },
    { names: ['bundle', 'b'], kind: 'string', help: 'path to the root of the bundle directory' },
    { names: ['id'], kind: 'string', help: 'the id that the container would have', default: 'plan' },
    { names: ['exec', 'e'], kind: 'string', help: 'the container in which another process would be started' },
    { names: ['process', 'p'], kind: 'string', help: 'path to the process.json of that process' },
  ],
  arguments: [0],
  flagsAnywhere: true,
  failure: 'plan failed',
  async run({ global, flags, args, print }) {
    const { planText } = await import('../container/plan-steps.ts');
    const id = flags.text('exec');
    if (id !== undefined) {
      const { planExec } = await import('../container/plan-exec.ts');
      const container = Container.load(global.root, id);
      const steps = planExec(container, wantedProcess(container, flags, args));
      print(flags.bool('json') ? `${JSON.stringify({ id, steps }, undefined, 2)}\n` : planText(steps));
      return undefined;
    }
    if (args.length > 1) throw new Failure('one bundle at a time');
    const { planContainer } = await import('../container/plan.ts');
    const { bundle, spec } = enterBundle(flags, args[0]);
    const steps = planContainer({ root: global.root, id: flags.text('id') ?? 'plan', bundle, spec });
    print(flags.bool('json') ? `${JSON.stringify({ bundle, steps }, undefined, 2)}\n` : planText(steps));
    return undefined;
  },
};
