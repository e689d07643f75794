/** Makes a container's task and runs it: the second half of `run`, and `tasks start`. */
import { writeFileSync } from 'node:fs';
import type { Any } from '@drydock/rpc/generated/google';
import type { Descriptor, Mount } from '@drydock/rpc/generated/types';
import type { Argv } from 'yargs';
import type { Supervisor } from '../context.ts';
import { ExitStatus } from '../status.ts';
import { followTask } from './follow.ts';
import { openStreams } from './streams.ts';

export interface StreamFlags {
  readonly nullIo: boolean;
  readonly logUri: string;
  readonly fifoDir: string;
  readonly pidFile: string;
  readonly detach: boolean;
}

/** The flags about a task's streams. */
export function streamFlags<T>(argv: Argv<T>): Argv<T & StreamFlags> {
  return argv
    .option('null-io', { type: 'boolean', default: false, describe: 'send all streams to /dev/null' })
    .option('log-uri', { type: 'string', default: '', describe: 'where output goes: file://, binary://' })
    .option('fifo-dir', { type: 'string', default: '/run/drydock/fifo', describe: 'directory of the FIFOs' })
    .option('pid-file', { type: 'string', default: '', describe: 'file for the pid' })
    .option('detach', {
      alias: 'd',
      type: 'boolean',
      default: false,
      describe: 'do not wait for the end',
    }) as unknown as Argv<T & StreamFlags>;
}

export interface TaskInput {
  readonly id: string;
  readonly terminal: boolean;
  readonly rootfs: readonly Mount[];
  readonly options?: Any | undefined;
  /** A checkpoint to go on from. */
  readonly checkpoint?: Descriptor | undefined;
}

/** Runs a task to its end, or leaves it running when detached. Throws {@link ExitStatus} for an exit code but 0. */
export async function runTask(supervisor: Supervisor, input: TaskInput, flags: StreamFlags): Promise<void> {
  const { id, terminal, rootfs, options, checkpoint } = input;
  const { nullIo: none, logUri, detach: detached } = flags;
  const streams = openStreams(flags.fifoDir, id, { terminal, none, logUri, detached });
  try {
    const created = { containerId: id, rootfs, ...streams.paths, options, checkpoint };
    const { pid } = await supervisor.tasks.create(created);
    if (flags.pidFile !== '') writeFileSync(flags.pidFile, String(pid));
    const code = await followTask(supervisor, { containerId: id, execId: '' }, streams, detached);
    if (code !== 0) throw new ExitStatus(code);
  } finally {
    streams.close();
  }
}
