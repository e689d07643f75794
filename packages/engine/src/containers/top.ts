/** `docker top`: the container's processes as the machine's ps shows them. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Engine } from '../engine.ts';
import { badParameter, conflict, messageOf, notRunning, systemError } from '../errors.ts';
import type { Container } from './container.ts';

export interface ProcessList {
  readonly Titles: readonly string[];
  readonly Processes: readonly (readonly string[])[];
}

/** Lists the processes; `psArguments` are ps(1)'s, default `-ef`. */
export async function topContainer(engine: Engine, container: Container, psArguments: string): Promise<ProcessList> {
  if (!container.isRunning) throw notRunning(container.id);
  if (container.state.status === 'restarting')
    throw conflict(`Container ${container.id} is restarting, wait until the container is running`);
  if (/(^|\s)-?[^-\s]*o[^\s=]*\s*=|pid\s*=/.test(psArguments))
    throw badParameter(`error: ps argument ${psArguments} renames a column: pid must be recognizable`);
  const { processes } = await engine.containerd.tasks.listPids({ containerId: container.id });
  return select(await ps(psArguments), new Set(processes.map(({ pid }) => pid)));
}

async function ps(text: string): Promise<string> {
  const words = text.split(/\s+/).filter(Boolean);
  try {
    const { stdout } = await promisify(execFile)('ps', words, {
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    });
    return stdout;
  } catch (error) {
    const detail = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : messageOf(error);
    throw systemError(`ps: ${detail.split('\n', 1)[0]}`);
  }
}

/** The rows of ps that are among the given processes. */
export function select(text: string, pids: ReadonlySet<number>): ProcessList {
  const [header = '', ...rows] = text.split('\n');
  const titles = header.trim().split(/\s+/);
  const column = titles.indexOf('PID');
  if (column === -1) throw systemError("Couldn't find PID field in ps output");
  const processes = rows.map((row) => cells(row, titles.length)).filter((row) => pids.has(Number(row[column])));
  return { Titles: titles, Processes: processes };
}

/** A row's cells: the last one, the command, may have spaces. */
function cells(row: string, count: number): string[] {
  const words = row.trim().split(/\s+/);
  return [...words.slice(0, count - 1), words.slice(count - 1).join(' ')];
}
