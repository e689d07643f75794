/** Leases: what a pull or load makes is held by one until the image that names it exists. */
import { randomBytes } from 'node:crypto';
import type { Logger } from '@drydock/telemetry/logger';
import { messageOf } from '../errors.ts';
import type { Containerd } from './clients.ts';

/** The services under a lease: what they make is held by it. */
export type Leased = ReturnType<Containerd['leased']> & {
  /** Lets the lease hold a blob that is there already. */
  hold(digest: string): Promise<void>;
};

/** Runs an action whose blobs and snapshots are safe from garbage collection. The lease ends by itself after a day. */
export async function withLease<T>(
  containerd: Containerd,
  logger: Logger,
  action: (leased: Leased) => Promise<T>,
): Promise<T> {
  const id = `drydock-${randomBytes(8).toString('hex')}`;
  const expire = new Date(Date.now() + 24 * 3600 * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  await containerd.leases.create({ id, labels: { 'containerd.io/gc.expire': expire } });
  try {
    return await action({
      ...containerd.leased(id),
      hold: async (digest) =>
        void (await containerd.leases.addResource({ id, resource: { id: digest, type: 'content' } })),
    });
  } finally {
    await containerd.leases
      .delete({ id })
      .catch((error: unknown) => logger.warn({ lease: id, error: messageOf(error) }, 'lease left to expire by itself'));
  }
}
