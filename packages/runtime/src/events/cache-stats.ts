/** Cache and memory bandwidth of a container's group, as `runc events` has them (kernel: Documentation/arch/x86/resctrl.rst). */
import { exists, listDirectory, readText, readTextIfPresent } from '@drydock/linux/disk';
import type { GoValue } from '../cli/go-json.ts';
import { count, nonZero } from './stats.ts';

const filesystem = '/sys/fs/resctrl';

/** The fields of `intel_rdt`; empty if the machine has no such control, or the container no group. */
export function cacheStats(group: string, root = filesystem): { readonly [name: string]: GoValue } {
  const own = `${root}/${group}`;
  if (!exists(`${own}/schemata`)) return {};
  const cache = exists(`${root}/info/L3`);
  const bandwidth = exists(`${root}/info/MB`);
  return {
    l3_cache_info: cache ? info(`${root}/info/L3`, ['cbm_mask', 'min_cbm_bits', 'num_closids']) : undefined,
    l3_cache_schema_root: cache ? schema(root, 'L3') : undefined,
    l3_cache_schema: cache ? schema(own, 'L3') : undefined,
    mem_bw_info: bandwidth
      ? info(`${root}/info/MB`, ['bandwidth_gran', 'delay_linear', 'min_bandwidth', 'num_closids'])
      : undefined,
    mem_bw_schema_root: bandwidth ? schema(root, 'MB') : undefined,
    mem_bw_schema: bandwidth ? schema(own, 'MB') : undefined,
    ...monitored(own, readTextIfPresent(`${root}/info/L3_MON/mon_features`) ?? ''),
  };
}

/** Numbers of a resource; a mask is a text. */
function info(directory: string, names: readonly string[]): GoValue {
  return Object.fromEntries(
    names.map((name) => {
      const text = readTextIfPresent(`${directory}/${name}`)?.trim() ?? '';
      return [name, name === 'cbm_mask' ? text : nonZero(count(text || '0'))];
    }),
  );
}

/** The line of a group's schemata for a resource. */
function schema(group: string, resource: string): string | undefined {
  const lines = readText(`${group}/schemata`).split('\n');
  return lines.map((line) => line.trim()).find((line) => line.startsWith(`${resource}:`));
}

/** What is counted, by memory node. */
function monitored(group: string, features: string): { readonly [name: string]: GoValue } {
  const nodes = exists(`${group}/mon_data`) ? listDirectory(`${group}/mon_data`) : [];
  const each = (names: readonly string[]): GoValue | undefined => {
    const known = names.filter((name) => features.split('\n').includes(name));
    if (known.length === 0) return undefined;
    return nodes.map((node) =>
      Object.fromEntries(
        known.map((name) => [name, nonZero(count(readText(`${group}/mon_data/${node}${name}`).trim()))]),
      ),
    );
  };
  return { mbm_stats: each(['mbm_total_bytes', 'mbm_local_bytes']), cmt_stats: each(['llc_occupancy']) };
}
