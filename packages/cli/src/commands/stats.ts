/** `stats`: what containers use, once or as a table that is kept current. */
import type { ContainerSummary } from '../api/types.ts';
import { command } from '../command.ts';
import { printTable } from '../output/table.ts';
import { binarySize, shortId, size } from '../output/units.ts';

interface Stats {
  readonly id: string;
  readonly name: string;
  readonly cpu_stats: CpuStats;
  readonly precpu_stats: CpuStats;
  readonly memory_stats: {
    readonly usage?: number;
    readonly limit?: number;
    readonly stats?: Readonly<Record<string, number>>;
  };
  readonly pids_stats: { readonly current?: number };
  readonly blkio_stats: { readonly io_service_bytes_recursive?: readonly { op: string; value: number }[] | null };
}

interface CpuStats {
  readonly cpu_usage: { readonly total_usage: number };
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
}

export const statsCommand = command(
  'stats [containers..]',
  'display resource usage statistics',
  (argv) =>
    argv
      .positional('containers', { type: 'string', array: true, default: [] as string[] })
      .options({ 'no-stream': { type: 'boolean', default: false, describe: 'only the first result' } }),
  async (engine, { containers, noStream }) => {
    for (;;) {
      const names =
        containers.length > 0
          ? containers
          : (await engine.json<ContainerSummary[]>('GET', '/containers/json')).map(({ Id }) => Id);
      const samples = await Promise.all(
        names.map((name) => engine.json<Stats>('GET', `/containers/${name}/stats`, { query: { stream: 0 } })),
      );
      if (!noStream) process.stdout.write('\x1b[2J\x1b[H');
      printTable([
        ['CONTAINER ID', 'NAME', 'CPU %', 'MEM USAGE / LIMIT', 'MEM %', 'BLOCK I/O', 'PIDS'],
        ...samples.map(row),
      ]);
      if (noStream) return;
    }
  },
);

function row({ id, name, cpu_stats, precpu_stats, memory_stats, pids_stats, blkio_stats }: Stats): string[] {
  const system = (cpu_stats.system_cpu_usage ?? 0) - (precpu_stats.system_cpu_usage ?? 0);
  const own = cpu_stats.cpu_usage.total_usage - precpu_stats.cpu_usage.total_usage;
  const cpu = system > 0 ? (own / system) * (cpu_stats.online_cpus ?? 1) * 100 : 0;
  const { usage = 0, limit = 0, stats = {} } = memory_stats;
  const used = usage - (stats.total_inactive_file ?? stats.inactive_file ?? 0);
  const io = (op: string): number =>
    (blkio_stats.io_service_bytes_recursive ?? [])
      .filter((entry) => entry.op.toLowerCase() === op)
      .reduce((sum, { value }) => sum + value, 0);
  return [
    shortId(id),
    name.replace(/^\//, ''),
    `${cpu.toFixed(2)}%`,
    `${binarySize(used)} / ${binarySize(limit)}`,
    `${(limit > 0 ? (used / limit) * 100 : 0).toFixed(2)}%`,
    `${size(io('read'))} / ${size(io('write'))}`,
    String(pids_stats.current ?? 0),
  ];
}
