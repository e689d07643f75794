/** `exec`: starts another process in a container that runs. */
import type { Command } from '../cli/command.ts';
import { Container } from '../container/container.ts';
import { Failure } from '../failure.ts';
import {
  consoleSocketFlag,
  openConsole,
  openPidfdSocket,
  pidFileFlag,
  pidfdSocketFlag,
  preservedDescriptors,
  preserveFdsFlag,
  withListenFds,
} from './create-flags.ts';
import { wantedProcess } from './wanted-process.ts';

export const exec: Command = {
  name: 'exec',
  summary: 'execute new process inside the container',
  usage: '<container-id> <command> [command options]  || -p process.json <container-id>',
  flags: [
    consoleSocketFlag,
    pidfdSocketFlag,
    { names: ['cwd'], kind: 'string', help: 'current working directory in the container' },
    { names: ['env', 'e'], kind: 'list', help: 'set environment variables' },
    { names: ['tty', 't'], kind: 'bool', help: 'allocate a pseudo-TTY' },
    { names: ['user', 'u'], kind: 'string', help: 'UID (format: <uid>[:<gid>])' },
    { names: ['additional-gids', 'g'], kind: 'numbers', help: 'additional gids' },
    { names: ['process', 'p'], kind: 'string', help: 'path to the process.json' },
    { names: ['detach', 'd'], kind: 'bool', help: "detach from the container's process" },
    pidFileFlag,
    {
      names: ['process-label'],
      kind: 'string',
      help: 'set the asm process label for the process commonly used with selinux',
    },
    { names: ['apparmor'], kind: 'string', help: 'set the apparmor profile for the process' },
    { names: ['no-new-privs'], kind: 'bool', help: 'set the no new privileges value for the process' },
    { names: ['cap', 'c'], kind: 'list', help: 'add a capability to the bounding set for the process' },
    preserveFdsFlag,
    {
      names: ['cgroup'],
      kind: 'list',
      help: 'run the process in an (existing) sub-cgroup(s). Format is [<controller>:]<cgroup>.',
    },
    { names: ['ignore-paused'], kind: 'bool', help: 'allow exec in a paused container' },
  ],
  arguments: [1],
  flagsAnywhere: false,
  failure: 'exec failed',
  failureCode: 255,
  async run({ global, flags, args: [id = '', ...args], log }) {
    const { runInContainer } = await import('../container/exec-run.ts');
    const container = Container.load(global.root, id);
    if (container.status === 'stopped') throw new Failure('cannot exec in a stopped container');
    if (!flags.text('process') && args.length === 0) throw new Failure('process args cannot be empty');
    const process = withListenFds(wantedProcess(container, flags, args));
    const { parseSubCgroups } = await import('../container/sub-cgroup.ts');
    const detach = flags.bool('detach');
    return await runInContainer(container, {
      process,
      log,
      pidFile: flags.text('pid-file'),
      console: openConsole(flags, process.terminal ?? false, detach),
      pidfdSocket: openPidfdSocket(flags),
      subCgroups: parseSubCgroups(flags.list('cgroup')),
      preserved: preservedDescriptors(flags),
      ignorePaused: flags.bool('ignore-paused'),
      detach,
    });
  },
};
