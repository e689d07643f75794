/** `exec`: starts another process in a container that runs. */
import { readText } from '@drydock/linux/disk';
import { type Process, parseProcess, parseSpec } from '@drydock/oci/runtime-spec';
import type { Command } from '../cli/command.ts';
import type { Flags } from '../cli/flags.ts';
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

/** The process of the file, or that of the container with another command and what the flags change. */
function wantedProcess(container: Container, flags: Flags, args: readonly string[]): Process {
  const file = flags.text('process');
  if (file) return parseProcess(readText(file));
  const { process = {} } = parseSpec(readText(`${container.state.bundle}/config.json`));
  const caps = flags.list('cap');
  const sets = process.capabilities ?? {};
  const user = flags.text('user');
  return {
    ...process,
    args,
    cwd: flags.text('cwd') || process.cwd,
    apparmorProfile: flags.text('apparmor') || process.apparmorProfile,
    selinuxLabel: flags.text('process-label') || process.selinuxLabel,
    terminal: flags.bool('tty'),
    noNewPrivileges: flags.bool('no-new-privs') || process.noNewPrivileges,
    env: [...(process.env ?? []), ...flags.list('env')],
    capabilities:
      caps.length === 0
        ? process.capabilities
        : {
            ...sets,
            bounding: [...(sets.bounding ?? []), ...caps],
            effective: [...(sets.effective ?? []), ...caps],
            permitted: [...(sets.permitted ?? []), ...caps],
          },
    user: {
      ...process.user,
      ...(user ? parseUser(user) : {}),
      ...(flags.has('additional-gids') ? { additionalGids: flags.list('additional-gids').map(additionalGid) } : {}),
    },
  };
}

/** `uid` or `uid:gid`, both whole numbers (CVE-2026-30892: no other text is taken for one). */
function parseUser(text: string): { readonly uid: number; readonly gid?: number } {
  const colon = text.indexOf(':');
  if (colon < 0) return { uid: number(text, 'uid') };
  const gid = number(text.slice(colon + 1), 'gid');
  return { uid: number(text.slice(0, colon), 'uid'), gid };
}

function number(text: string, kind: 'uid' | 'gid'): number {
  if (!/^[+-]?\d{1,10}$/.test(text))
    throw new Failure(
      `parsing ${text} as int for ${kind} failed: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}

function additionalGid(text: string): number {
  const gid = Number(text);
  if (gid < 0) throw new Failure(`additional-gids must be a positive number ${gid}`);
  return gid;
}
