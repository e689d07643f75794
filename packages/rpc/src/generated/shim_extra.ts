// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Any, Empty, Timestamp } from './google.ts';

export interface AssignRequest {
  namespace: string;
  id: string;
  bundle: string;
}
export const AssignRequest: Codec<AssignRequest> = message<AssignRequest>('drydock.shim.v1.AssignRequest', [
  [1, 'namespace', 'string'],
  [2, 'id', 'string'],
  [3, 'bundle', 'string'],
]);

export interface StateResponse {
  version: string;
  pid: number;
  namespace: string;
  id: string;
  startedAt: Timestamp | undefined;
  containers: Container[];
  eventsTo: string;
  eventsWaiting: number;
  eventsDropped: number;
  eventsError: string;
}
export const StateResponse: Codec<StateResponse> = message<StateResponse>('drydock.shim.v1.StateResponse', [
  [1, 'version', 'string'],
  [2, 'pid', 'uint32'],
  [3, 'namespace', 'string'],
  [4, 'id', 'string'],
  [5, 'startedAt', () => Timestamp],
  [6, 'containers', () => Container, 'repeated'],
  [7, 'eventsTo', 'string'],
  [8, 'eventsWaiting', 'uint32'],
  [9, 'eventsDropped', 'uint32'],
  [10, 'eventsError', 'string'],
]);

export interface Container {
  id: string;
  bundle: string;
  processes: Process[];
}
export const Container: Codec<Container> = message<Container>('drydock.shim.v1.Container', [
  [1, 'id', 'string'],
  [2, 'bundle', 'string'],
  [3, 'processes', () => Process, 'repeated'],
]);

export interface Process {
  execId: string;
  pid: number;
  status: string;
  exitStatus: number;
  exitedAt: Timestamp | undefined;
}
export const Process: Codec<Process> = message<Process>('drydock.shim.v1.Process', [
  [1, 'execId', 'string'],
  [2, 'pid', 'uint32'],
  [3, 'status', 'string'],
  [4, 'exitStatus', 'uint32'],
  [5, 'exitedAt', () => Timestamp],
]);

export interface EventsResponse {
  events: Event[];
}
export const EventsResponse: Codec<EventsResponse> = message<EventsResponse>('drydock.shim.v1.EventsResponse', [
  [1, 'events', () => Event, 'repeated'],
]);

export interface Event {
  timestamp: Timestamp | undefined;
  topic: string;
  event: Any | undefined;
  state: string;
  trace: string;
}
export const Event: Codec<Event> = message<Event>('drydock.shim.v1.Event', [
  [1, 'timestamp', () => Timestamp],
  [2, 'topic', 'string'],
  [3, 'event', () => Any],
  [4, 'state', 'string'],
  [5, 'trace', 'string'],
]);

export interface DescriptorsResponse {
  descriptors: Descriptor[];
}
export const DescriptorsResponse: Codec<DescriptorsResponse> = message<DescriptorsResponse>('drydock.shim.v1.DescriptorsResponse', [
  [1, 'descriptors', () => Descriptor, 'repeated'],
]);

export interface Descriptor {
  number: number;
  target: string;
}
export const Descriptor: Codec<Descriptor> = message<Descriptor>('drydock.shim.v1.Descriptor', [
  [1, 'number', 'uint32'],
  [2, 'target', 'string'],
]);

export const Shim = {
  name: 'drydock.shim.v1.Shim',
  methods: {
    assign: { name: 'Assign', request: AssignRequest, response: Empty, requestStream: false, responseStream: false },
    state: { name: 'State', request: Empty, response: StateResponse, requestStream: false, responseStream: false },
    events: { name: 'Events', request: Empty, response: EventsResponse, requestStream: false, responseStream: false },
    watch: { name: 'Watch', request: Empty, response: Event, requestStream: false, responseStream: true },
    descriptors: { name: 'Descriptors', request: Empty, response: DescriptorsResponse, requestStream: false, responseStream: false },
  },
} as const;
