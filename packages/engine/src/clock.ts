/** Time as Docker writes it: RFC 3339 in UTC with up to nine digits of a second. */

/** Go's zero time: "never". */
export const zeroTime = '0001-01-01T00:00:00Z';

const perSecond = 1_000_000_000n;
const startedAt = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6)) - process.hrtime.bigint();
/** How far the monotonic clock may drift from the wall clock before it is set anew. */
const tolerance = 50_000_000n;
let offset = startedAt;

/** Nanoseconds since 1970. */
export function nowNanos(): bigint {
  const now = process.hrtime.bigint() + offset;
  const wall = BigInt(Date.now()) * 1_000_000n;
  const drift = wall - now;
  if (drift > tolerance || drift < -tolerance) {
    offset += drift;
    return wall;
  }
  return now;
}

/** The present, as `2026-11-22T02:26:56.80804874Z`: trailing zeros are dropped as Go's RFC3339Nano does. */
export function timestamp(): string {
  return formatNanos(nowNanos());
}

/** Nanoseconds since 1970 as RFC 3339; with `fixed`, always with nine digits. */
export function formatNanos(nanos: bigint, { fixed = false }: { readonly fixed?: boolean } = {}): string {
  const seconds = floorDivide(nanos, perSecond);
  const rest = String(nanos - seconds * perSecond).padStart(9, '0');
  const fraction = fixed ? rest : rest.replace(/0+$/, '');
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}Z`;
}

/** RFC 3339 as nanoseconds since 1970; undefined if it is none. */
export function parseTimestamp(text: string): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return undefined;
  const milliseconds = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds) * 1_000_000n + BigInt((match[2] ?? '').padEnd(9, '0'));
}

/** A moment in a query (`1795314416`, `1795314416.25`, RFC 3339) as nanoseconds since 1970; undefined if it is none. */
export function parseMoment(text: string): bigint | undefined {
  const match = /^(-?\d+)(?:\.(\d{1,9})\d*)?$/.exec(text);
  if (match === null) return parseTimestamp(text);
  return BigInt(match[1]!) * perSecond + BigInt((match[2] ?? '').padEnd(9, '0'));
}

/** How long ago a moment was, as `docker ps` shows it: `5 minutes`, `About an hour`. `milliseconds` is the distance. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.floor(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.round(seconds / 3600);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
  return `${Math.floor(hours / 24 / 365)} years`;
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}
