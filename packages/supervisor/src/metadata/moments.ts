/** Moments as the metadata keeps them: whole microseconds since 1970, which SQLite and JavaScript hold exactly. */
import type { Timestamp } from '@drydock/rpc/generated/google';

/** The present. */
export function present(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}

/** A moment as messages carry it. */
export function timestamp(moment: number): Timestamp {
  const seconds = Math.floor(moment / 1_000_000);
  return { seconds, nanos: (moment - seconds * 1_000_000) * 1000 };
}
