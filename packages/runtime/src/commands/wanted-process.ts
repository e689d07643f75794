/** The process that `exec` is to start: that of a file, or the container's own with what the flags change. */
import { readText } from '@drydock/linux/disk';
import { type Process, parseProcess, parseSpec } from '@drydock/oci/runtime-spec';
import type { Flags } from '../cli/flags.ts';
import type { Container } from '../container/container.ts';
import { Failure } from '../failure.ts';

/** The process of the file, or that of the container with another command and what the flags change. */
export function wantedProcess(container: Container, flags: Flags, args: readonly string[]): Process {
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
    noNewPrivileges: flags.has('no-new-privs') ? flags.bool('no-new-privs') : process.noNewPrivileges,
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
