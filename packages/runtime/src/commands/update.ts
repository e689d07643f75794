/** `update`: changes the limits of a container that runs. */
import { readDescriptor, readText } from '@drydock/linux/disk';
import { parseResources, type Resources } from '@drydock/oci/runtime-spec';
import type { Command } from '../cli/command.ts';
import type { Flags } from '../cli/flags.ts';
import { checkSchemata, writeSchemata } from '../container/cache-control.ts';
import { Container } from '../container/container.ts';
import { limitOrRestore } from '../container/limit.ts';
import { Failure } from '../failure.ts';

const limit = (name: string, help: string) => ({ names: [name], kind: 'string', help }) as const;
const count = (name: string, help: string) => ({ names: [name], kind: 'number', help, default: 0 }) as const;

export const update: Command = {
  name: 'update',
  summary: 'update container resource constraints',
  usage: '<container-id>',
  flags: [
    {
      names: ['resources', 'r'],
      kind: 'string',
      help: "path to the file containing the resources to update or '-' to read from the standard input",
    },
    count('blkio-weight', 'Specifies per cgroup weight, range is from 10 to 1000'),
    limit('cpu-period', 'CPU CFS period to be used for hardcapping (in usecs). 0 to use system default'),
    limit('cpu-quota', 'CPU CFS hardcap limit (in usecs). Allowed cpu time in a given period'),
    limit('cpu-share', 'CPU shares (relative weight vs. other containers)'),
    limit('cpu-rt-period', 'CPU realtime period to be used for hardcapping (in usecs). 0 to use system default'),
    limit('cpu-rt-runtime', 'CPU realtime hardcap limit (in usecs). Allowed cpu time in a given period'),
    limit('cpuset-cpus', 'CPU(s) to use'),
    limit('cpuset-mems', 'Memory node(s) to use'),
    limit('memory', 'Memory limit (in bytes)'),
    limit('memory-reservation', 'Memory reservation or soft_limit (in bytes)'),
    limit('memory-swap', "Total memory usage (memory + swap); set '-1' to enable unlimited swap"),
    count('pids-limit', 'Maximum number of pids allowed in the container'),
    limit(
      'cpu-burst',
      'CPU CFS hardcap burst limit (in usecs). Allowed accumulated cpu time additionally for burst in a given period',
    ),
    limit('cpu-idle', 'set cgroup SCHED_IDLE or not, 0: default behavior, 1: SCHED_IDLE'),
    limit('l3-cache-schema', 'The string of Intel RDT/CAT L3 cache schema'),
    limit('mem-bw-schema', 'The string of Intel RDT/MBA memory bandwidth schema'),
    { ...limit('kernel-memory', ''), hidden: true },
    { ...limit('kernel-memory-tcp', ''), hidden: true },
  ],
  arguments: [1, 1],
  flagsAnywhere: true,
  async run({ global, flags, args: [id = ''], log }) {
    await Container.exclusively(global.root, id, async (container) => {
      const resources = wantedResources(flags);
      if (resources.memory?.kernel || resources.memory?.kernelTCP)
        log.warning('Kernel memory settings are ignored and will be removed');
      const schemata = { l3CacheSchema: flags.text('l3-cache-schema'), memBwSchema: flags.text('mem-bw-schema') };
      checkSchemata(schemata);
      if (container.status === 'stopped') throw new Failure('container not running');
      const { memory, cpu, pids, blockIO, unified, hugepageLimits } = resources;
      // Devices stay as they are: callers send none, and mean no change.
      limitOrRestore(
        container.cgroup,
        { memory: { ...memory, kernelTCP: 0 }, cpu, pids, blockIO, unified, hugepageLimits },
        log,
      );
      if (container.state.systemd) {
        const { limitScope } = await import('../container/systemd.ts');
        limitScope(container.state.systemd, { memory, cpu, pids, blockIO, unified }, container.cgroup.version);
      }
      writeSchemata(container, schemata);
    });
    return undefined;
  },
};

function wantedResources(flags: Flags): Resources {
  const file = flags.text('resources');
  if (file) return parseResources(file === '-' ? readDescriptor(0).toString('utf8') : readText(file));
  const number = (name: string) => wholeNumber(flags.text(name), name);
  const positive = (name: string) => wholeNumber(flags.text(name), name, 'ParseUint');
  const size = (name: string) => bytes(flags.text(name), name);
  return {
    blockIO: { weight: flags.number('blkio-weight') },
    cpu: {
      period: positive('cpu-period'),
      realtimePeriod: positive('cpu-rt-period'),
      shares: positive('cpu-share'),
      quota: number('cpu-quota'),
      realtimeRuntime: number('cpu-rt-runtime'),
      burst: positive('cpu-burst'),
      idle: number('cpu-idle'),
      cpus: flags.text('cpuset-cpus'),
      mems: flags.text('cpuset-mems'),
    },
    memory: {
      limit: size('memory'),
      swap: size('memory-swap'),
      kernel: size('kernel-memory'),
      kernelTCP: size('kernel-memory-tcp'),
      reservation: size('memory-reservation'),
    },
    pids: { limit: flags.number('pids-limit') },
  };
}

function wholeNumber(
  text: string | undefined,
  name: string,
  parser: 'ParseInt' | 'ParseUint' = 'ParseInt',
): number | undefined {
  if (!text) return undefined;
  const form = parser === 'ParseInt' ? /^[+-]?\d+$/ : /^\d+$/;
  const invalid = (why: string) =>
    new Failure(`invalid value for ${name}: strconv.${parser}: parsing ${JSON.stringify(text)}: ${why}`);
  if (!form.test(text)) throw invalid('invalid syntax');
  const value = BigInt(text);
  if (value !== (parser === 'ParseInt' ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)))
    throw invalid('value out of range');
  return Number(text);
}

/** A size as people write it: `100m`, `1.5GiB`; -1 is unlimited. */
function bytes(text: string | undefined, name: string): number | undefined {
  if (!text) return undefined;
  if (text === '-1') return -1;
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(text) ?? [];
  if (digits === undefined) throw new Failure(`invalid value for ${name}: invalid size: '${text}'`);
  return Math.floor(Number(digits) * 1024 ** ' kmgtp'.indexOf(unit.toLowerCase() || ' '));
}
