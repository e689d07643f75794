/** An explanation for people: a section for each part, differences at the end of theirs. */
import type { LimitFacts } from './cgroups.ts';
import { limitText } from './credentials.ts';
import type { Difference } from './difference.ts';
import type { Explanation } from './explain.ts';
import { ownersText } from './host-processes.ts';
import { namespaceText } from './namespaces.ts';

/** The fields of the configuration that each section answers for. */
const sections: Readonly<Record<string, RegExp>> = {
  NAMESPACES: /^linux\.namespaces/,
  CGROUPS: /^linux\.(cgroupsPath|resources)/,
  MOUNTS: /^(mounts|root|linux\.(masked|readonly)Paths)/,
  CREDENTIALS: /^(process|linux\.seccomp)/,
};

export function explanationText(explanation: Explanation): string {
  const { id, status, process, differences, configuration } = explanation;
  const marked = (name: string) => differences.filter(({ field }) => sections[name]?.test(field)).map(differenceText);
  const section = (name: string, lines: readonly string[]) => [
    name,
    ...lines.map((line) => `  ${line}`),
    ...marked(name).map((line) => `  ${line}`),
    '',
  ];
  const others = process.all.filter((pid) => pid !== process.pid);
  return [
    ...section('CONTAINER', [
      `${id}, ${status}`,
      `process ${process.pid}: ${process.command.join(' ')}`,
      `executes ${process.executable}, works in ${process.cwd}`,
      `other processes: ${others.join(' ') || 'none'}`,
    ]),
    ...section('NAMESPACES', explanation.namespaces.map(namespaceText)),
    ...section('CGROUPS', cgroupLines(explanation)),
    ...section('MOUNTS', mountLines(explanation)),
    ...section('CREDENTIALS', credentialLines(explanation)),
    ...section('DESCRIPTORS', descriptorLines(explanation)),
    configuration === undefined
      ? 'the configuration is gone: nothing to compare with'
      : `${differences.length === 1 ? '1 difference' : `${differences.length} differences`} from ${configuration}`,
    '',
  ].join('\n');
}

function differenceText({ field, configured, actual }: Difference): string {
  return `≠ ${field}: configured ${configured}, actual ${actual}`;
}

function cgroupLines({ cgroups }: Explanation): string[] {
  const { version, paths, frozen, oomKills, limits, devices } = cgroups;
  const byPath = new Map<string, string[]>();
  for (const [name, path] of Object.entries(paths)) byPath.set(path, [...(byPath.get(path) ?? []), name || 'unified']);
  return [
    `version ${version}${frozen ? ', frozen' : ''}, ${oomKills} killed for want of memory`,
    ...[...byPath].map(([path, names]) => `${names.join(',').padEnd(14)}${path}`),
    ...limits.map(limitLine),
    ...(devices.length > 0 ? [`devices       ${devices.join('; ')}`] : []),
  ];
}

function limitLine({ what, unit, limit, use, peak }: LimitFacts): string {
  const value = (text: string) => (unit === 'bytes' && /^\d+$/.test(text) ? bytesText(Number(text)) : text);
  const used = use === undefined ? '' : `${value(use)} of `;
  const most = peak === undefined ? '' : ` (at most ${value(peak)})`;
  const suffix = unit === 'bytes' || unit === '' || limit === 'max' ? '' : ` ${unit === 'microseconds' ? 'µs' : unit}`;
  return `${what.padEnd(36)}${used}${limit === 'max' ? 'no limit' : value(limit)}${suffix}${most}`;
}

export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = bytes === 0 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** step;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[step]}`;
}

function mountLines({ mounts }: Explanation): string[] {
  return mounts.map(({ target, type, source, root, options, propagation, field }) => {
    const from = root === '/' ? source : `${source}[${root}]`;
    return `${target.padEnd(28)} ${type.padEnd(8)} ${from} (${options.join(',')}), ${propagation}  # ${field || 'not configured'}`;
  });
}

function credentialLines({ credentials }: Explanation): string[] {
  const { uids, gids, groups, host, umask, capabilities, noNewPrivileges, seccomp, label, oomScoreAdj, rlimits } =
    credentials;
  const inside = (values: readonly number[]) =>
    new Set(values).size === 1 ? String(values[0]) : `real ${values[0]}, effective ${values[1]}, saved ${values[2]}`;
  const ids = (values: readonly number[], outside: number) =>
    `${inside(values)}${values[1] === outside ? '' : ` (${outside} on the host)`}`;
  return [
    `uid ${ids(uids, host.uid)}, gid ${ids(gids, host.gid)}, groups ${groups.join(' ') || 'none'}, umask ${umask}`,
    ...Object.entries(capabilities).map(([set, names]) => `${set.padEnd(14)}${capabilityText(names)}`),
    `no_new_privs  ${noNewPrivileges ? 'yes' : 'no'}`,
    `seccomp       ${seccomp.mode === 'filter' ? `${seccomp.filters} filter${seccomp.filters === 1 ? '' : 's'}` : seccomp.mode}`,
    `label         ${label || 'none'}`,
    `oom_score_adj ${oomScoreAdj}`,
    `limits        ${Object.entries(rlimits)
      .map(([name, [soft, hard]]) => `${name.replace('RLIMIT_', '').toLowerCase()} ${limitText(soft, hard)}`)
      .join(', ')}`,
  ];
}

function capabilityText(names: readonly string[]): string {
  const all = 41;
  return names.length >= all
    ? `all ${names.length}`
    : names.map((name) => name.replace('CAP_', '')).join(' ') || 'none';
}

function descriptorLines({ descriptors }: Explanation): string[] {
  if (descriptors.length === 0) return ['none'];
  return descriptors.map(({ number, target, access, fromHost, heldBy, closedOnExec }) => {
    const origin = fromHost
      ? `from the host${heldBy.length > 0 ? `, also open in ${ownersText(heldBy)}` : ''}`
      : 'its own';
    return `${String(number).padEnd(4)}${target} (${access}${closedOnExec ? ', closed on exec' : ''}), ${origin}`;
  });
}
