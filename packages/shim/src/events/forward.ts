/** Delivers events over ttrpc: `Forward` of containerd.services.events.ttrpc.v1.Events, on one connection that is kept. */
import { Events } from '@drydock/rpc/generated/events_ttrpc';
import { ttrpcNamespaceKey } from '@drydock/rpc/metadata';
import { type TtrpcConnection, ttrpcClient } from '@drydock/rpc/ttrpc-calls';
import { connect } from '../transport.ts';
import type { Sender } from './publisher.ts';

/** Milliseconds that a supervisor has to acknowledge an event. */
const forwardTimeout = 5000;

/** A sender to a socket. A connection on which an event failed is given up. */
export function forwarder(path: string, namespace: () => string): Sender {
  let connection: TtrpcConnection | undefined;
  const open = async (): Promise<TtrpcConnection> => {
    const opened = await connect(path);
    void opened.closed.then(() => {
      if (connection === opened) connection = undefined;
    });
    return opened;
  };
  return async (event) => {
    connection ??= await open();
    const used = connection;
    const client = ttrpcClient(Events, used, { metadata: { [ttrpcNamespaceKey]: namespace() } });
    try {
      await client.forward({ envelope: { ...event, namespace: namespace() } }, { timeoutMs: forwardTimeout });
    } catch (error) {
      used.close();
      connection = undefined;
      throw error;
    }
  };
}
