/**
 * Gives back what an idle shim does not need: there are as many shims as containers, and most of them wait for months.
 *
 *   activity ── 10 s of quiet ─▶ garbage and compiled code go ── 1 s ─▶ once more ── 1½ s ─▶ program files are let go of
 *
 * The engine's own code is a file that all shims map: what one of them has touched counts for each of them, and is in the
 * page cache anyhow; and so is this program, in a section of its own behind the engine's data. Letting go of it
 * (MADV_DONTNEED on clean pages of a file) costs page faults at the next call, none of which reads the disk. The engine's own
 * periodic collector, which would touch it all again, is off (BUN_GC_TIMER_DISABLE, set by whoever starts the shim): it
 * collects when its heap grows, and here.
 */
import { trySyscall } from '@drydock/linux/syscall';
import { cleanMappings, type Mapping } from './clean-mappings.ts';

/** The part of Bun's API that is used here; `shrink` drops what can be made again. https://bun.com/docs/runtime/utils */
declare const Bun: { gc(force: boolean): void; shrink(): void };

const dontNeed = 4;

/**
 * The stages, each with the milliseconds of quiet before it. The first is long enough that nothing of this, nor getting back
 * what was let go of, falls into a burst of starts and ends.
 */
const stages: readonly (readonly [milliseconds: number, action: () => void])[] = [
  [10_000, findPrograms],
  [0, collect],
  [1000, collect],
  [1500, unmapPrograms],
];

/** Watches for quiet: call the result whenever something is done. */
export function trimWhenIdle(): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = (index: number): void => {
    const stage = stages[index];
    if (stage === undefined) return;
    const [milliseconds, action] = stage;
    timer = setTimeout(() => {
      action();
      wait(index + 1);
    }, milliseconds).unref();
  };
  return () => {
    clearTimeout(timer);
    wait(0);
  };
}

function collect(): void {
  Bun.shrink();
  Bun.gc(true);
}

let programs: readonly Mapping[] = [];

/** Finds what to let go of: apart from the letting go, since it needs much code itself. */
function findPrograms(): void {
  programs = cleanMappings();
}

function unmapPrograms(): void {
  for (const { start, size } of programs) trySyscall('madvise', start, size, dontNeed);
}
