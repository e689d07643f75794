/** `update`: changes the limits of a container that runs. */
import { readDescriptor, readText } from '@drydock/linux/disk';
import { parseResources, type Resources } from '@drydock/oci/runtime-spec';
import type { Command } from '../cli/command.ts';
import type { Flags } from '../cli/flags.ts';
import { Container } from '../container/container.ts';
import { Failure } from '../failure.ts';

const limit = (name: string, help: string) => ({ names: [name], kind: 'string', help }) as const;

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
    limit('blkio-weight', 'Specifies per cgroup weight, range is from 10 to 1000'),
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
    limit('pids-limit', 'Maximum number of pids allowed in the container'),
  ],
  arguments: [1, 1],
  flagsAnywhere: true,
  async run({ global, flags, args: [id = ''] }) {
    await Container.exclusively(global.root, id, (container) => {
      const resources = wantedResources(flags);
      if (container.status === 'stopped') throw new Failure('container not running');
      const { memory, cpu, pids, blockIO, unified, hugepageLimits } = resources;
      // Devices stay as they are: callers send none, and mean no change.
      container.cgroup.limit({ memory, cpu, pids, blockIO, unified, hugepageLimits });
    });
    return undefined;
  },
};

function wantedResources(flags: Flags): Resources {
  const file = flags.text('resources');
  if (file) return parseResources(file === '-' ? readDescriptor(0).toString('utf8') : readText(file));
  const number = (name: string) => wholeNumber(flags.text(name), name);
  return {
    blockIO: { weight: number('blkio-weight') },
    cpu: {
      period: number('cpu-period'),
      quota: number('cpu-quota'),
      shares: number('cpu-share'),
      realtimePeriod: number('cpu-rt-period'),
      realtimeRuntime: number('cpu-rt-runtime'),
      cpus: flags.text('cpuset-cpus'),
      mems: flags.text('cpuset-mems'),
    },
    memory: {
      limit: bytes(flags.text('memory'), 'memory'),
      reservation: bytes(flags.text('memory-reservation'), 'memory-reservation'),
      swap: bytes(flags.text('memory-swap'), 'memory-swap'),
    },
    pids: { limit: number('pids-limit') },
  };
}

function wholeNumber(text: string | undefined, name: string): number | undefined {
  if (!text) return undefined;
  if (!/^-?\d+$/.test(text))
    throw new Failure(`invalid value for ${name}: strconv.ParseInt: parsing "${text}": invalid syntax`);
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
