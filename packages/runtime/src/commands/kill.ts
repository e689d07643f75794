/** `kill`: sends a signal to a container's first process, or to all of them. */
import { signalNumber } from '@drydock/linux/signals';
import type { Command } from '../cli/command.ts';
import { Container } from '../container/container.ts';
import { signalProcess } from '../container/process.ts';
import { Failure } from '../failure.ts';

export const kill: Command = {
  name: 'kill',
  summary: "kill sends the specified signal (default: SIGTERM) to the container's init process",
  usage: '<container-id> [signal]',
  flags: [
    { names: ['all', 'a'], kind: 'bool', help: 'send the specified signal to all processes inside the container' },
  ],
  arguments: [1, 2],
  flagsAnywhere: true,
  run({ global, flags, args: [id = '', name = 'SIGTERM'] }) {
    const container = Container.load(global.root, id);
    const signal = signalNumber(name);
    if (signal === undefined) throw new Failure(`unknown signal "${name}"`);
    if (flags.bool('all')) {
      for (const pid of container.cgroup.processes()) signalProcess(pid, signal);
      return undefined;
    }
    if (container.status === 'stopped' || !signalProcess(container.pid, signal))
      throw new Failure('container not running');
    return undefined;
  },
};
