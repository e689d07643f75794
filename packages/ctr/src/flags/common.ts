/** Flags that several commands have. */
import type { Argv } from 'yargs';

/** The snapshotter; the supervisor's default where none is named. */
export const defaultSnapshotter = 'overlayfs';

export function snapshotterFlag<T>(argv: Argv<T>): Argv<T & { snapshotter: string }> {
  return argv.option('snapshotter', {
    type: 'string',
    default: process.env.CONTAINERD_SNAPSHOTTER || defaultSnapshotter,
    coerce: (name: string) => name || defaultSnapshotter,
    describe: 'the snapshotter',
  }) as unknown as Argv<T & { snapshotter: string }>;
}

/** A flag that may repeat, such as `--label a=b --label c=d`. */
export const many = (describe: string) =>
  ({ type: 'string', array: true, nargs: 1, default: [] as string[], describe }) as const;

/** All words behind the flags. */
export function wordsFlag<T>(argv: Argv<T>): Argv<T & { words: string[] }> {
  return argv.positional('words', { type: 'string', array: true, default: [] as string[] }) as unknown as Argv<
    T & { words: string[] }
  >;
}

export function labelFlag<T>(argv: Argv<T>): Argv<T & { label: string[] }> {
  return argv.option('label', many('key=value')) as unknown as Argv<T & { label: string[] }>;
}
