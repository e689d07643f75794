/** `restore`: makes a container of what `checkpoint` has written. */
import type { Command } from '../cli/command.ts';
import { ignoresCgroupRefusals } from '../container/rootless.ts';
import { sharedFlags } from '../criu/flags.ts';
import { bundleFlag, consoleSocketFlag, enterBundle, openConsole, pidFileFlag } from './create-flags.ts';

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'restore a container from a previous checkpoint',
  usage: '<container-id>',
  flags: [
    consoleSocketFlag,
    { names: ['image-path'], kind: 'string', help: 'path to criu image files for restoring' },
    bundleFlag,
    { names: ['detach', 'd'], kind: 'bool', help: "detach from the container's process" },
    pidFileFlag,
    {
      names: ['no-subreaper'],
      kind: 'bool',
      help: 'disable the use of the subreaper used to reap reparented processes',
    },
    { names: ['no-pivot'], kind: 'bool', help: 'without effect: criu makes the root' },
    {
      names: ['lsm-profile'],
      kind: 'string',
      help: 'Specify an LSM profile to be used during restore in the form of TYPE:NAME.',
    },
    {
      names: ['lsm-mount-context'],
      kind: 'string',
      help: 'Specify an LSM mount context to be used during restore.',
    },
    ...sharedFlags,
  ],
  arguments: [1, 1],
  flagsAnywhere: true,
  async run({ global, flags, args: [id = ''], log }) {
    const { criuFlags } = await import('../criu/flags.ts');
    const { runRestored } = await import('../criu/run-restored.ts');
    const shared = criuFlags(flags);
    const { bundle, spec } = enterBundle(flags);
    const detach = flags.bool('detach');
    return await runRestored({
      ...shared,
      criu: global.criu,
      root: global.root,
      id,
      bundle,
      spec,
      log,
      pidFile: flags.text('pid-file'),
      console: openConsole(flags, spec.process?.terminal ?? false, detach),
      lsmProfile: flags.text('lsm-profile'),
      lsmMountContext: flags.text('lsm-mount-context'),
      rootless: ignoresCgroupRefusals(global.rootless),
      systemd: global.systemdCgroup,
      detach,
      subreaper: !flags.bool('no-subreaper'),
    });
  },
};
