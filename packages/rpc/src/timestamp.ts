/** google.protobuf.Timestamp and JavaScript dates. */
import type { Timestamp } from './generated/google.ts';

/** Go's zero time, which Go programs send for "unset": 0001-01-01T00:00:00Z. */
export const zeroTime: Timestamp = { seconds: -62135596800, nanos: 0 };

export function toTimestamp(date: Date): Timestamp {
  const milliseconds = date.getTime();
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanos: (milliseconds - seconds * 1000) * 1_000_000 };
}

/** The present, to the microsecond. */
export function now(): Timestamp {
  const microseconds = Math.round((performance.timeOrigin + performance.now()) * 1000);
  const seconds = Math.floor(microseconds / 1_000_000);
  return { seconds, nanos: (microseconds - seconds * 1_000_000) * 1000 };
}

/** Negative if the first is earlier, positive if it is later, 0 if both are the same. */
export function compareTimestamps(first: Timestamp, second: Timestamp): number {
  return first.seconds - second.seconds || first.nanos - second.nanos;
}

/** The date of a timestamp; nothing if it is absent or Go's zero time. */
export function fromTimestamp(timestamp: Timestamp | undefined): Date | undefined {
  if (timestamp === undefined || timestamp.seconds === zeroTime.seconds) return undefined;
  return new Date(timestamp.seconds * 1000 + timestamp.nanos / 1_000_000);
}

/** A timestamp as RFC 3339 with nanoseconds, as Go prints it: trailing zeros are dropped. */
export function formatTimestamp(timestamp: Timestamp): string {
  const whole = new Date(timestamp.seconds * 1000).toISOString().slice(0, 19);
  const fraction = String(timestamp.nanos).padStart(9, '0').replace(/0+$/, '');
  return `${whole}${fraction === '' ? '' : `.${fraction}`}Z`;
}
