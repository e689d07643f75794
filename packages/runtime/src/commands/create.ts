/** `create`: makes a container and leaves it waiting for `start`. */
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

export const create: Command = {
  name: 'create',
  summary: 'create a container',
  usage: '<container-id>',
  flags: createFlags,
  arguments: [1, 1],
  flagsAnywhere: true,
  failure: 'runc create failed',
  async run({ global, flags, args: [id = ''], log }) {
    const { createContainer } = await import('../container/create.ts');
    const observer = await wantedObserver(flags);
    const { bundle, spec } = enterBundle(flags);
    observer?.mark?.('read config.json');
    const options = {
      root: global.root,
      id,
      bundle,
      spec: spec.process ? { ...spec, process: withListenFds(spec.process) } : spec,
      log,
      observer,
      pidFile: flags.text('pid-file'),
      console: openConsole(flags, spec.process?.terminal ?? false, true),
      pidfdSocket: openPidfdSocket(flags),
      preserved: preservedDescriptors(flags),
      pivot: !flags.bool('no-pivot'),
      newKeyring: !flags.bool('no-new-keyring'),
      systemd: global.systemdCgroup,
      rootless: ignoresCgroupRefusals(global.rootless),
    };
    try {
      await createContainer(options);
    } finally {
      observer?.done();
    }
    return undefined;
  },
};
