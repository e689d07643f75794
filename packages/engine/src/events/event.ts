/** What happened to an object of the engine, in the shape of Docker's event stream. */

export type EventType = 'container' | 'image' | 'volume' | 'network' | 'daemon';

/** One event. */
export interface EngineEvent {
  /** For containers and images, as clients before API 1.22 want it. */
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly Type: EventType;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: 'local';
  readonly time: number;
  /** Nanoseconds since 1970. JSON has no such numbers, so it is written by {@link eventJson}. */
  readonly timeNano: bigint;
}

/** What a publisher says. */
export interface EventInput {
  readonly type: EventType;
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** An event at a moment. */
export function makeEvent({ type, action, id, attributes }: EventInput, nanos: bigint): EngineEvent {
  const legacy =
    type === 'container'
      ? { status: action, id, from: attributes.image ?? '' }
      : type === 'image'
        ? { status: action, id }
        : {};
  const sorted = Object.fromEntries(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    ...legacy,
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: sorted },
    scope: 'local',
    time: Number(nanos / 1_000_000_000n),
    timeNano: nanos,
  };
}

/** An event as JSON, with its nanoseconds in full. */
export function eventJson(event: EngineEvent): string {
  const { timeNano, ...rest } = event;
  return `${JSON.stringify(rest).slice(0, -1)},"timeNano":${timeNano}}`;
}
