/** User and group ids that a process may have. */
import type { User } from '@drydock/oci/runtime-spec';
import { Failure } from '../failure.ts';

const highest = 0x7fffffff;

/** Throws {@link Failure} for ids that runc refuses: those that a signed number of 32 bits does not hold. */
export function checkIds({ uid = 0, gid = 0 }: User = {}): void {
  if ([uid, gid].some((id) => id < 0 || id > highest))
    throw new Failure(`unable to setup user: uids and gids must be in range 0-${highest}`);
}
