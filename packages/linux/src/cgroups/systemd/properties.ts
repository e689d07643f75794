/** Limits as properties of a unit (systemd.resource-control(5), org.freedesktop.systemd1(5)). */
import type { Variant } from '../../dbus/wire.ts';
import { maskOf, parseNumberList } from '../../number-list.ts';
import type { CpuResources, MemoryResources, Resources } from '../resources.ts';
import { cpuWeight } from '../settings-v2.ts';

/** A name and a value, as systemd's calls take them. */
export type Property = readonly [name: string, value: Variant];

const infinity = 2n ** 64n - 1n;
/** Microseconds. */
const defaultPeriod = 100_000;

export const text = (name: string, value: string): Property => [name, { signature: 's', value }];
export const flag = (name: string, value: boolean): Property => [name, { signature: 'b', value }];
export const numbers = (name: string, value: readonly number[]): Property => [name, { signature: 'au', value }];
const count = (name: string, value: number | bigint): Property => [
  name,
  { signature: 't', value: BigInt(value) < 0n ? infinity : BigInt(value) },
];

/** The properties that make limits hold, as far as systemd knows them; the rest is only in the cgroup's files. */
export function limitProperties(resources: Resources, version: 1 | 2): Property[] {
  const { memory = {}, cpu = {}, pids, blockIO, unified = {} } = resources;
  return [
    ...memoryProperties(memory, version),
    ...cpuProperties(cpu, version),
    ...(version === 1 && blockIO?.weight ? [count('BlockIOWeight', blockIO.weight)] : []),
    ...(pids?.limit && pids.limit >= -1 ? [count('TasksMax', pids.limit)] : []),
    ...Object.entries(unified).flatMap(([file, value]) => unifiedProperties(file, value.trim())),
  ];
}

function memoryProperties({ limit = 0, reservation = 0, swap = 0 }: MemoryResources, version: 1 | 2): Property[] {
  if (version === 1) return limit ? [count('MemoryLimit', limit)] : [];
  const swapAlone = swap > 0 ? swap - limit : limit === -1 ? -1 : swap;
  return [
    ...(limit ? [count('MemoryMax', limit)] : []),
    ...(reservation ? [count('MemoryLow', reservation)] : []),
    ...(swapAlone !== 0 || swap > 0 ? [count('MemorySwapMax', swapAlone)] : []),
  ];
}

function cpuProperties({ shares, quota = 0, period = 0, cpus, mems }: CpuResources, version: 1 | 2): Property[] {
  return [
    ...(shares ? [version === 1 ? count('CPUShares', shares) : count('CPUWeight', cpuWeight(shares))] : []),
    ...quotaProperties(quota, period),
    ...(cpus ? [set('AllowedCPUs', cpus)] : []),
    ...(mems ? [set('AllowedMemoryNodes', mems)] : []),
  ];
}

/** A quota is microseconds in a second; systemd wants hundredths of a CPU, so it is rounded up to them. */
function quotaProperties(quota: number, period: number): Property[] {
  if (!quota && !period) return [];
  const step = 10_000;
  const aSecond = quota > 0 ? Math.floor((quota * 1_000_000) / (period || defaultPeriod)) : -1;
  return [
    ...(period ? [count('CPUQuotaPeriodUSec', period)] : []),
    count('CPUQuotaPerSecUSec', aSecond < 0 ? -1 : Math.ceil(aSecond / step) * step),
  ];
}

/** A list such as `0-2,7` as bytes, a bit for each number. */
function set(name: string, list: string): Property {
  const members = parseNumberList(list);
  if (members === undefined) throw new Error(`invalid ${name} ${JSON.stringify(list)}`);
  return [name, { signature: 'ay', value: [...maskOf(members)] }];
}

const memoryFiles: Readonly<Record<string, string>> = {
  'memory.high': 'MemoryHigh',
  'memory.low': 'MemoryLow',
  'memory.min': 'MemoryMin',
  'memory.max': 'MemoryMax',
  'memory.swap.max': 'MemorySwapMax',
  'pids.max': 'TasksMax',
  'cpu.weight': 'CPUWeight',
};

function unifiedProperties(file: string, value: string): Property[] {
  const name = memoryFiles[file];
  if (name !== undefined && /^(max|\d+)$/.test(value)) return [count(name, value === 'max' ? -1 : BigInt(value))];
  if (file === 'cpuset.cpus') return [set('AllowedCPUs', value)];
  if (file === 'cpuset.mems') return [set('AllowedMemoryNodes', value)];
  const [, quota = '', period] = /^(max|\d+)(?:\s+(\d+))?$/.exec(file === 'cpu.max' ? value : '') ?? [];
  return quota === '' ? [] : quotaProperties(quota === 'max' ? -1 : Number(quota), Number(period ?? defaultPeriod));
}
