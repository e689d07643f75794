/** Containers in any number: the one answer of List may be larger than a message may be. */
import { isKind } from './errors.ts';
import type { Container, Containers } from './generated/containers.ts';
import type { Client } from './service.ts';

/** All containers that filters choose, as a stream brings them; from a server that has none, in one answer. */
export async function listContainers(
  client: Client<typeof Containers>,
  filters: readonly string[] = [],
): Promise<Container[]> {
  const containers: Container[] = [];
  try {
    for await (const { container } of client.listStream({ filters }))
      if (container !== undefined) containers.push(container);
    return containers;
  } catch (error) {
    if (!isKind(error, 'not implemented')) throw error;
    return (await client.list({ filters })).containers;
  }
}
