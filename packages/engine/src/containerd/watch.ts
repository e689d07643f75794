/**
 * Follows containerd's events. The stream may break at any time: it is opened again, and once it certainly flows, all
 * states are compared, since nothing is repeated that happened meanwhile. Events that come before that is done wait for it.
 *
 *   subscribe ─► publish a mark ─► mark arrives ─► compare states ─► events … ─► stream ends ─► subscribe …
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { packAny } from '@drydock/rpc/any';
import type { Envelope } from '@drydock/rpc/generated/events';
import { Empty } from '@drydock/rpc/generated/google';
import type { Logger } from '@drydock/telemetry/logger';
import { messageOf } from '../errors.ts';
import type { Containerd } from './clients.ts';

export interface WatchOptions {
  readonly containerd: Containerd;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Takes one event. */
  readonly handle: (envelope: Envelope) => void;
  /** Called each time the stream has begun to flow. */
  readonly flowing: () => Promise<void>;
}

const retryMilliseconds = 100;
const markInterval = 25;

/** Watches until the signal is aborted. Resolves when the stream flows for the first time. */
export function watchEvents(options: WatchOptions): Promise<void> {
  const first = Promise.withResolvers<void>();
  void loop(options, first.resolve);
  options.signal.addEventListener('abort', () => first.reject(options.signal.reason), { once: true });
  return first.promise;
}

async function loop(options: WatchOptions, flowed: () => void): Promise<void> {
  const { logger, signal } = options;
  while (!signal.aborted) {
    try {
      await watchOnce(options, flowed);
      if (!signal.aborted) logger.warn('event stream ended');
    } catch (error) {
      if (!signal.aborted) logger.warn({ error: messageOf(error) }, 'event stream broke');
    }
    if (!signal.aborted) await sleep(retryMilliseconds);
  }
}

async function watchOnce(
  { containerd, logger, signal, handle, flowing }: WatchOptions,
  flowed: () => void,
): Promise<void> {
  const mark = `/drydock/mark-${randomBytes(6).toString('hex')}`;
  const namespace = `namespace==${containerd.namespace}`;
  const filters = [
    `${namespace},topic~=|^/tasks/|`,
    `${namespace},topic~=|^/images/|`,
    `topic==${JSON.stringify(mark)}`,
  ];
  const backlog: Envelope[] = [];
  let take = (envelope: Envelope): void => void backlog.push(envelope);
  const compare = async (): Promise<void> => {
    try {
      await flowing();
    } catch (error) {
      logger.error({ error: messageOf(error) }, 'states could not be compared');
    }
    for (const envelope of backlog) handle(envelope);
    take = handle;
  };
  const over = new AbortController();
  const marking = publishMarks(containerd, mark, over.signal);
  try {
    for await (const envelope of containerd.events.subscribe({ filters }, { signal })) {
      if (envelope.topic !== mark) take(envelope);
      else if (!over.signal.aborted) {
        over.abort();
        void compare().then(flowed);
      }
    }
  } finally {
    over.abort();
    await marking;
  }
}

/** Publishes the mark again and again until it was seen: the subscription may take its time. */
async function publishMarks({ events }: Containerd, topic: string, seen: AbortSignal): Promise<void> {
  while (!seen.aborted) {
    // The stream's own error tells that containerd is away.
    await events.publish({ topic, event: packAny(Empty, {}) }).catch(() => undefined);
    await sleep(markInterval);
  }
}
