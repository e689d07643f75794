/** What `create` and `run` make of their flags. */
import type { Context } from '../cli/command.ts';
import type { CreateOptions } from '../container/create.ts';
import { ignoresCgroupRefusals } from '../container/rootless.ts';
import { enterBundle, openConsole, openPidfdSocket, preservedDescriptors, withListenFds } from './create-flags.ts';
import { wantedObserver } from './observers.ts';

/** Enters the bundle, and connects to the caller's sockets. `detached`: nobody stays with the container. */
export async function createOptions(
  { global, flags, args: [id = ''], log }: Context,
  detached: boolean,
): Promise<CreateOptions> {
  const observer = await wantedObserver(flags);
  const { bundle, spec } = enterBundle(flags);
  observer?.mark?.('read config.json');
  return {
    root: global.root,
    id,
    bundle,
    spec: spec.process ? { ...spec, process: withListenFds(spec.process) } : spec,
    log,
    observer,
    pidFile: flags.text('pid-file'),
    console: openConsole(flags, spec.process?.terminal ?? false, detached),
    pidfdSocket: openPidfdSocket(flags),
    preserved: preservedDescriptors(flags),
    pivot: !flags.bool('no-pivot'),
    newKeyring: !flags.bool('no-new-keyring'),
    systemd: global.systemdCgroup,
    rootless: ignoresCgroupRefusals(global.rootless),
  };
}
