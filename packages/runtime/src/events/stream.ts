/** The events of a container one after another: its use at every interval, and what oom.ts notices, until it has ended. */
import { explain } from '../failure.ts';
import { awaitReadable, type OomWatch } from './oom.ts';

export interface StreamOptions {
  readonly watch: OomWatch;
  /** Milliseconds between two reports of use. */
  readonly interval: number;
  readonly onUse: () => void;
  readonly onOom: () => void;
  /** A report of use that failed: the next is tried all the same. */
  readonly onError: (message: string) => void;
}

/** Answers when the container has ended. */
export function streamEvents({ watch, interval, onUse, onOom, onError }: StreamOptions): void {
  for (let next = performance.now() + interval; ; ) {
    if (awaitReadable(watch.descriptor, Math.max(0, next - performance.now()))) {
      for (const notice of watch.take()) {
        if (notice === 'ended') return;
        onOom();
      }
      continue;
    }
    next += interval;
    try {
      onUse();
    } catch (error) {
      onError(explain(error));
    }
  }
}
