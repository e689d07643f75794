/** `run`: create and start in one; unless detached, stays until the container ends, and deletes it. */
import type { Command } from '../cli/command.ts';
import { ignoresCgroupRefusals } from '../container/rootless.ts';
import {
  createFlags,
  enterBundle,
  openConsole,
  openPidfdSocket,
  preservedDescriptors,
  withListenFds,
} from './create-flags.ts';
import { wantedObserver } from './observers.ts';

export const run: Command = {
  name: 'run',
  summary: 'create and run a container',
  usage: '<container-id>',
  flags: [
    ...createFlags,
    { names: ['detach', 'd'], kind: 'bool', help: "detach from the container's process" },
    { names: ['keep'], kind: 'bool', help: 'do not delete the container after it exits' },
    {
      names: ['no-subreaper'],
      kind: 'bool',
      help: 'disable the use of the subreaper used to reap reparented processes',
    },
  ],
  arguments: [1, 1],
  flagsAnywhere: true,
  failure: 'runc run failed',
  async run({ global, flags, args: [id = ''], log }) {
    const { runContainer } = await import('../container/run.ts');
    const observer = await wantedObserver(flags);
    const { bundle, spec } = enterBundle(flags);
    observer?.mark?.('read config.json');
    const terminal = spec.process?.terminal ?? false;
    const detach = flags.bool('detach');
    return await runContainer({
      root: global.root,
      id,
      bundle,
      spec: spec.process ? { ...spec, process: withListenFds(spec.process) } : spec,
      log,
      observer,
      pidFile: flags.text('pid-file'),
      console: openConsole(flags, terminal, detach),
      pidfdSocket: openPidfdSocket(flags),
      preserved: preservedDescriptors(flags),
      pivot: !flags.bool('no-pivot'),
      newKeyring: !flags.bool('no-new-keyring'),
      systemd: global.systemdCgroup,
      rootless: ignoresCgroupRefusals(global.rootless),
      detach,
      keep: flags.bool('keep'),
      subreaper: !flags.bool('no-subreaper'),
    });
  },
};
