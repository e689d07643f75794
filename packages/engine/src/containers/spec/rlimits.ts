/** Resource limits of the first process (setrlimit(2)). */
import type { Process } from '@drydock/oci/runtime-spec';
import type { Ulimit } from '../../config/config.ts';

/** RLIM_INFINITY: a 64-bit number that JavaScript's have no room for, so it is written as text. */
const unlimited = (JSON as unknown as { rawJSON(text: string): number }).rawJSON('18446744073709551615');

/** The container's own limits; the engine's default for what it does not mention. -1 is no limit. */
export function containerRlimits(own: readonly Ulimit[], defaults: readonly Ulimit[]): NonNullable<Process['rlimits']> {
  const limits = new Map([...defaults, ...own].map((limit) => [limit.Name, limit]));
  const value = (limit: number): number => (limit < 0 ? unlimited : limit);
  return [...limits.values()].map(({ Name, Soft, Hard }) => ({
    type: `RLIMIT_${Name.toUpperCase()}`,
    soft: value(Soft),
    hard: value(Hard),
  }));
}
