/**
 * The exchange of events: what services and shims publish reaches every subscriber whose filters select it. Who subscribes
 * later has missed it, but for one thing: what happened while no supervisor was there is kept for the first subscriber.
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
  /** Events from before the start; undefined once somebody has subscribed. */
  #missed: Envelope[] | undefined = [];

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
    if (compareTimestamps(envelope.timestamp, this.#started) < 0) this.#missed?.push(envelope);
    this.#broadcast(envelope);
  }

  /** The events that the filters select, from now until the signal. Throws `invalid argument` for a malformed filter. */
  subscribe(filters: readonly string[], signal: AbortSignal): AsyncIterable<Envelope> {
    const subscription: Subscription = { filter: parseFilters(filters), queue: new Queue<Envelope>() };
    this.#subscriptions.add(subscription);
    for (const envelope of this.#missed ?? []) offer(subscription, envelope);
    this.#missed = undefined;
    const leave = (): void => {
      this.#subscriptions.delete(subscription);
      subscription.queue.close();
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    return subscription.queue;
  }

  #broadcast(envelope: Envelope): void {
    for (const listener of this.#listeners) listener(envelope);
    for (const subscription of this.#subscriptions) offer(subscription, envelope);
  }
}

function offer({ filter, queue }: Subscription, envelope: Envelope): void {
  if (filter((path) => readField(envelope, path))) queue.push(envelope);
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
