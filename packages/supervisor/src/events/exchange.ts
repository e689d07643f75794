/**
 * The exchange of events: what services and shims publish reaches every subscriber whose filters select it. Who subscribes
 * later has missed it, but for one thing: what happened while no supervisor was there is kept for the first subscribers
 * whose filters select it, for as long as the task is there that it is about.
 * Each subscriber has its own queue, so a slow one delays nobody.
 */

import { packAny } from '@drydock/rpc/any';
import type { Codec, Input } from '@drydock/rpc/codec';
import { invalidArgument, type RpcError } from '@drydock/rpc/errors';
import type { Envelope } from '@drydock/rpc/generated/events';
import { Queue } from '@drydock/rpc/queue';
import { compareTimestamps, now } from '@drydock/rpc/timestamp';
import { type Filter, parseFilters } from '../metadata/filters.ts';
import { validateIdentifier } from '../metadata/identifiers.ts';
import { payloadField } from './payload-field.ts';

interface Subscription {
  readonly filter: Filter;
  readonly queue: Queue<Envelope>;
}

/** What a subscriber within this process is told, before any other. */
export type Listener = (envelope: Envelope) => void;

export class Exchange {
  readonly #subscriptions = new Set<Subscription>();
  readonly #listeners: Listener[] = [];
  readonly #started = now();
  /** What happened while no supervisor was there, and nobody has heard yet. */
  #missed: Envelope[] = [];

  /** Has a listener of this process hear of every event. */
  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Publishes an event of ours, stamped with the present. */
  publish<T>(namespace: string, topic: string, codec: Codec<T>, event: Input<T>): void {
    this.#broadcast({ timestamp: now(), namespace, topic, event: packAny(codec, event) });
  }

  /** Publishes an event that a client made. Throws `invalid argument` for a topic that is none. */
  publishAny(namespace: string, topic: string, event: Envelope['event']): void {
    validateTopic(topic, 'envelope topic');
    this.#broadcast({ timestamp: now(), namespace, topic, event });
  }

  /** Passes on an event as it came from elsewhere. Throws `invalid argument` if it is incomplete. */
  forward(envelope: Envelope | undefined): void {
    if (envelope === undefined) throw invalidArgument('envelope is missing: invalid argument');
    validateIdentifier(envelope.namespace, 'event envelope has invalid namespace');
    validateTopic(envelope.topic, 'envelope topic');
    if (envelope.timestamp === undefined)
      throw invalidArgument('timestamp must be set on forwarded event: invalid argument');
    if (compareTimestamps(envelope.timestamp, this.#started) < 0) this.#broadcastMissed(envelope);
    else this.#broadcast(envelope);
  }

  /** Publishes an event of ours that nobody could hear when it happened. */
  publishMissed<T>(namespace: string, topic: string, codec: Codec<T>, event: Input<T>): void {
    this.#broadcastMissed({ timestamp: now(), namespace, topic, event: packAny(codec, event) });
  }

  /** The events that the filters select, from now until the signal. Throws `invalid argument` for a malformed filter. */
  subscribe(filters: readonly string[], signal: AbortSignal): AsyncIterable<Envelope> {
    const subscription: Subscription = { filter: parseFilters(filters), queue: new Queue<Envelope>() };
    this.#subscriptions.add(subscription);
    this.#missed = this.#missed.filter((envelope) => !offer(subscription, envelope));
    const leave = (): void => {
      this.#subscriptions.delete(subscription);
      subscription.queue.close();
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    return subscription.queue;
  }

  #broadcast(envelope: Envelope): void {
    this.#forget(envelope);
    this.#tell(envelope);
  }

  #tell(envelope: Envelope): void {
    for (const listener of this.#listeners) listener(envelope);
    for (const subscription of this.#subscriptions) offer(subscription, envelope);
  }

  /** Publishes what nobody could hear when it happened, and keeps it if nobody hears it now. */
  #broadcastMissed(envelope: Envelope): void {
    this.#tell(envelope);
    if (![...this.#subscriptions].some(({ filter }) => selects(filter, envelope))) this.#missed.push(envelope);
  }

  /** Forgets what was missed of a task that somebody has deleted or made anew: told late, it would be of the wrong one. */
  #forget(envelope: Envelope): void {
    if (this.#missed.length === 0 || !/^\/tasks\/(create|delete)$/.test(envelope.topic)) return;
    const changed = containerOf(envelope);
    this.#missed = this.#missed.filter((missed) => containerOf(missed) !== changed);
  }
}

/** Gives a subscriber an event, if its filters select it; answers whether they do. */
function offer({ filter, queue }: Subscription, envelope: Envelope): boolean {
  const isSelected = selects(filter, envelope);
  if (isSelected) queue.push(envelope);
  return isSelected;
}

function selects(filter: Filter, envelope: Envelope): boolean {
  return filter((path) => readField(envelope, path));
}

function containerOf(envelope: Envelope): string {
  return `${envelope.namespace}/${readField(envelope, ['event', 'container_id'])}`;
}

function readField(envelope: Envelope, [field, ...rest]: readonly string[]): string | undefined {
  switch (field) {
    case 'namespace':
      return envelope.namespace;
    case 'topic':
      return envelope.topic;
    case 'event':
      return envelope.event === undefined ? undefined : payloadField(envelope.event, rest);
    default:
      return undefined;
  }
}

function validateTopic(topic: string, what: string): void {
  const refuse = (reason: string): RpcError =>
    invalidArgument(`${what} ${JSON.stringify(topic)}: ${reason}: invalid argument`);
  if (topic === '') throw refuse('must not be empty');
  if (!topic.startsWith('/')) throw refuse("must start with '/'");
  if (topic.length === 1) throw refuse('must have at least one component');
  for (const component of topic.slice(1).split('/'))
    validateIdentifier(component, `${what} ${JSON.stringify(topic)}: invalid component`);
}
