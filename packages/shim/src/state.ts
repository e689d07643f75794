/** What a shim tells of itself: what it holds, its latest events, its descriptors. */
import { readdirSync, readlinkSync } from 'node:fs';
import type { Input } from '@drydock/rpc/codec';
import type {
  Container as ContainerMessage,
  Descriptor,
  Event,
  StateResponse,
} from '@drydock/rpc/generated/shim_extra';
import { Status } from '@drydock/rpc/generated/task_types';
import type { Publisher, RecordedEvent } from './events/publisher.ts';
import type { Container } from './task/container.ts';
import { version } from './version.ts';

export interface Described {
  readonly owner: { readonly namespace: string; readonly id: string };
  readonly startedAt: StateResponse['startedAt'];
  readonly containers: ReadonlyMap<string, Container>;
  readonly publisher: Publisher;
  /** Where events go. */
  readonly eventsTo: string;
}

const statusNames = new Map<number, string>(Object.entries(Status).map(([name, value]) => [value, name.toLowerCase()]));

/** The whole state, for `State`. */
export function describeShim({ owner, startedAt, containers, publisher, eventsTo }: Described): Input<StateResponse> {
  return {
    version,
    pid: process.pid,
    ...owner,
    startedAt,
    containers: [...containers.values()].map(describeContainer),
    eventsTo,
    eventsWaiting: publisher.waiting,
    eventsDropped: publisher.dropped,
    eventsError: publisher.error ?? '',
  };
}

function describeContainer({ id, bundle, init, execs }: Container): Input<ContainerMessage> {
  const processes = [init, ...execs.values()].map(({ execId, pid, status, exitFields }) => ({
    execId,
    pid,
    status: statusNames.get(status) ?? '',
    ...exitFields,
  }));
  return { id, bundle, processes };
}

/** The latest events, for `Events`. */
export function describeEvents({ recent }: Publisher): Input<Event>[] {
  return recent.map(describeEvent);
}

/** The latest events and those to come, for `Watch`. Ends with the signal. */
export async function* watchEvents(publisher: Publisher, signal: AbortSignal): AsyncGenerator<Input<Event>> {
  for (let told = 0; !signal.aborted; ) {
    const first = publisher.published - publisher.recent.length;
    told = Math.max(told, first);
    const event = publisher.recent[told - first];
    if (event === undefined) await nextOrEnd(publisher, signal);
    else {
      told += 1;
      yield describeEvent(event);
    }
  }
}

/** Resolves with the next event, or with the signal. One promise for all waits would keep something of each of them. */
async function nextOrEnd(publisher: Publisher, signal: AbortSignal): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const end = (): void => ended.resolve();
  signal.addEventListener('abort', end, { once: true });
  await Promise.race([publisher.next(), ended.promise]);
  signal.removeEventListener('abort', end);
}

function describeEvent({ trace = '', ...event }: RecordedEvent): Input<Event> {
  return { ...event, trace };
}

/** The open descriptors, for `Descriptors`. */
export function describeDescriptors(): Descriptor[] {
  return readdirSync('/proc/self/fd')
    .map((number) => ({ number: Number(number), target: targetOf(number) }))
    .filter(({ target }) => target !== '')
    .sort((one, other) => one.number - other.number);
}

/** '' for one that was closed meanwhile, as that of the directory itself was. */
function targetOf(number: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${number}`);
  } catch {
    return '';
  }
}
