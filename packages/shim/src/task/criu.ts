/** The command lines of `checkpoint` and `restore`, which the runtime hands on to criu. */
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckpointOptions, Options } from '@drydock/rpc/generated/runc_options';
import type { CreateRequest } from '@drydock/rpc/generated/shim_task';
import type { FailedRun, Runtime } from '../runtime/runtime.ts';

/** What is checkpointed, by which runtime. */
export interface Checkpointed {
  readonly id: string;
  readonly bundle: string;
  readonly runtime: Runtime;
}

/**
 * Writes criu's images of a container to a directory. Unless the options name a directory for criu's own files, they are
 * removed. Throws with the first line of what the runtime said and the path of criu's log, which is kept in the bundle.
 */
export async function checkpoint(
  { id, bundle, runtime }: Checkpointed,
  path: string,
  options: CheckpointOptions,
): Promise<void> {
  const work = options.workPath || join(bundle, 'work', 'criu-work');
  const failure = ({ message }: FailedRun): string => {
    const kept = join(bundle, 'criu-dump.log');
    keepLog(join(work, 'dump.log'), kept);
    return `${message.split('\n')[0]} path= ${kept}`;
  };
  const flags = ['--image-path', path, '--work-path', work, ...criuFlags(options)];
  try {
    await runtime.run(['checkpoint', ...flags, id], { failure });
  } finally {
    if (options.workPath === '') rmSync(work, { recursive: true, force: true });
  }
}

function criuFlags(options: CheckpointOptions): string[] {
  const flags: string[] = [];
  if (options.openTcp) flags.push('--tcp-established');
  if (options.externalUnixSockets) flags.push('--ext-unix-sk');
  if (options.terminal) flags.push('--shell-job');
  if (options.fileLocks) flags.push('--file-locks');
  for (const namespace of options.emptyNamespaces) flags.push('--empty-ns', namespace);
  if (options.cgroupsMode !== '') flags.push('--manage-cgroups-mode', options.cgroupsMode);
  if (!options.exit) flags.push('--leave-running');
  return flags;
}

function keepLog(log: string, kept: string): void {
  try {
    copyFileSync(log, kept);
  } catch {
    // The runtime failed before there was a log; its own words must do.
  }
}

/** The arguments of a restore that leaves the container's init to this process. */
export function restoreCommand(
  { id, bundle, checkpoint: images, parentCheckpoint }: CreateRequest,
  { criuWorkPath, noPivotRoot }: Options,
  { pidFile, console }: { readonly pidFile: string; readonly console: readonly string[] },
): string[] {
  return [
    ...['restore', '--image-path', images, '--work-path', criuWorkPath || join(bundle, 'work')],
    ...(parentCheckpoint === '' ? [] : ['--parent-path', parentCheckpoint]),
    ...['--detach', '--pid-file', pidFile, ...console, ...(noPivotRoot ? ['--no-pivot'] : [])],
    ...['--no-subreaper', '--bundle', bundle, id],
  ];
}
