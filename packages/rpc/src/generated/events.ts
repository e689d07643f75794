// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Any, Empty, Timestamp } from './google.ts';

export interface PublishRequest {
  topic: string;
  event: Any | undefined;
}
export const PublishRequest: Codec<PublishRequest> = message<PublishRequest>('containerd.services.events.v1.PublishRequest', [
  [1, 'topic', 'string'],
  [2, 'event', () => Any],
]);

export interface ForwardRequest {
  envelope: Envelope | undefined;
}
export const ForwardRequest: Codec<ForwardRequest> = message<ForwardRequest>('containerd.services.events.v1.ForwardRequest', [
  [1, 'envelope', () => Envelope],
]);

export interface SubscribeRequest {
  filters: string[];
}
export const SubscribeRequest: Codec<SubscribeRequest> = message<SubscribeRequest>('containerd.services.events.v1.SubscribeRequest', [
  [1, 'filters', 'string', 'repeated'],
]);

export interface SubscribeResponse {
  timestamp: Timestamp | undefined;
  namespace: string;
  topic: string;
  event: Any | undefined;
}
export const SubscribeResponse: Codec<SubscribeResponse> = message<SubscribeResponse>('containerd.services.events.v1.SubscribeResponse', [
  [1, 'timestamp', () => Timestamp],
  [2, 'namespace', 'string'],
  [3, 'topic', 'string'],
  [4, 'event', () => Any],
]);

export interface Envelope {
  timestamp: Timestamp | undefined;
  namespace: string;
  topic: string;
  event: Any | undefined;
}
export const Envelope: Codec<Envelope> = message<Envelope>('containerd.services.events.v1.Envelope', [
  [1, 'timestamp', () => Timestamp],
  [2, 'namespace', 'string'],
  [3, 'topic', 'string'],
  [4, 'event', () => Any],
]);

export const Events = {
  name: 'containerd.services.events.v1.Events',
  methods: {
    publish: { name: 'Publish', request: PublishRequest, response: Empty, requestStream: false, responseStream: false },
    forward: { name: 'Forward', request: ForwardRequest, response: Empty, requestStream: false, responseStream: false },
    subscribe: { name: 'Subscribe', request: SubscribeRequest, response: SubscribeResponse, requestStream: false, responseStream: true },
  },
} as const;
