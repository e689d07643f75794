/** The `grpc-timeout` header: digits and a unit. */

const milliseconds: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
/** The longest that Node's timers can wait. */
const longest = 2 ** 31 - 1;

/** Milliseconds until a call must be answered; undefined for no limit. */
export function timeoutOf(header: string | undefined): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(header ?? '');
  if (match === null) return undefined;
  return Math.min(longest, Math.ceil(Number(match[1]) * milliseconds[match[2]!]!));
}
