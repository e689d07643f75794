/** Changes what a container that runs may have of cache and memory bandwidth (`update`); see cache-group.ts. */
import { exists, readTextIfPresent } from '@drydock/linux/disk';
import { parseSpec } from '@drydock/oci/runtime-spec';
import { Failure } from '../failure.ts';
import { joinCacheGroup } from './cache-group.ts';
import type { Container } from './container.ts';
import { writeState } from './state.ts';

const filesystem = '/sys/fs/resctrl';

export interface CacheSchemata {
  readonly l3CacheSchema: string | undefined;
  readonly memBwSchema: string | undefined;
}

/** Throws {@link Failure} if the machine has no such control. */
export function checkSchemata({ l3CacheSchema, memBwSchema }: CacheSchemata, root = filesystem): void {
  if (l3CacheSchema && !exists(`${root}/info/L3`)) throw new Failure('Intel RDT/CAT: l3 cache schema is not enabled');
  if (memBwSchema && !exists(`${root}/info/MB`))
    throw new Failure('Intel RDT/MBA: memory bandwidth schema is not enabled');
}

/** Writes schemas, if there are any, to the container's group, which is made if it had none. */
export function writeSchemata(container: Container, { l3CacheSchema, memBwSchema }: CacheSchemata): void {
  if (!l3CacheSchema && !memBwSchema) return;
  const { id, pid, state, directory } = container;
  const group = cacheGroupOf(container);
  const made = joinCacheGroup(pid, id, {
    ...(group === id ? {} : { closID: group }),
    ...(l3CacheSchema ? { l3CacheSchema } : {}),
    ...(memBwSchema ? { memBwSchema } : {}),
  });
  if (made.length > 0) writeState(directory, { ...state, cacheGroups: [...(state.cacheGroups ?? []), ...made] });
}

/** The name of the group that a container is in, if it is in one: that of its configuration, or its own. */
export function cacheGroupOf({ id, state }: Container): string {
  const text = readTextIfPresent(`${state.bundle}/config.json`);
  return (text === undefined ? undefined : parseSpec(text).linux?.intelRdt?.closID) || id;
}
