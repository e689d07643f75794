/**
 * Sends the shim's events to the supervisor, in order, each until it has arrived: `Forward` of
 * containerd.services.events.ttrpc.v1.Events. A supervisor that is away gets them when it is back.
 */

import { Events } from '@drydock/rpc/generated/events_ttrpc';
import type { Any, Timestamp } from '@drydock/rpc/generated/google';
import { ttrpcNamespaceKey } from '@drydock/rpc/metadata';
import { now } from '@drydock/rpc/timestamp';
import { type TtrpcConnection, ttrpcClient } from '@drydock/rpc/ttrpc-calls';
import { currentTrace, withTrace } from '@drydock/telemetry/trace';
import { connect } from '../transport.ts';

export interface Publisher {
  /** Queues an event; it is stamped with the present time. */
  publish(topic: string, event: Any): void;
  /** Resolves when the queue is empty, or after the given milliseconds. */
  drain(milliseconds: number): Promise<void>;
}

interface Queued {
  readonly topic: string;
  readonly event: Any;
  readonly timestamp: Timestamp;
  readonly trace: string | undefined;
}

/** Milliseconds that one attempt may take, and between two attempts. */
const forwardTimeout = 5000;
const retryDelays = [100, 200, 500, 1000, 2000];
/** Events that are kept while the supervisor is away. */
const capacity = 1024;

/** A publisher to the socket that `address` names; there is no socket without an address. */
export function openPublisher(address: string, namespace: () => string): Publisher {
  const queue: Queued[] = [];
  let connection: TtrpcConnection | undefined;
  let running: Promise<void> | undefined;

  const send = async ({ topic, event, timestamp, trace }: Queued): Promise<void> => {
    if (connection === undefined) {
      const opened = await connect(address);
      connection = opened;
      void opened.closed.then(() => {
        if (connection === opened) connection = undefined;
      });
    }
    const client = ttrpcClient(Events, connection, { metadata: { [ttrpcNamespaceKey]: namespace() } });
    const envelope = { timestamp, namespace: namespace(), topic, event };
    await withTrace(trace, () => client.forward({ envelope }, { timeoutMs: forwardTimeout }));
  };

  const run = async (): Promise<void> => {
    for (let attempt = 0; ; ) {
      const [next] = queue;
      if (next === undefined) return;
      try {
        await send(next);
        queue.shift();
        attempt = 0;
      } catch {
        connection?.close();
        connection = undefined;
        await sleep(retryDelays[Math.min(attempt, retryDelays.length - 1)] ?? 0);
        attempt += 1;
      }
    }
  };

  return {
    publish: (topic, event) => {
      if (address === '') return;
      queue.push({ topic, event, timestamp: now(), trace: currentTrace() });
      if (queue.length > capacity) queue.shift();
      running ??= run().finally(() => {
        running = undefined;
      });
    },
    drain: async (milliseconds) => {
      await Promise.race([running, sleep(milliseconds)]);
    },
  };
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
