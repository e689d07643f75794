// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Any, Empty, Timestamp } from './google.ts';

export interface ForwardRequest {
  envelope: Envelope | undefined;
}
export const ForwardRequest: Codec<ForwardRequest> = message<ForwardRequest>('containerd.services.events.ttrpc.v1.ForwardRequest', [
  [1, 'envelope', () => Envelope],
]);

export interface Envelope {
  timestamp: Timestamp | undefined;
  namespace: string;
  topic: string;
  event: Any | undefined;
}
export const Envelope: Codec<Envelope> = message<Envelope>('containerd.services.events.ttrpc.v1.Envelope', [
  [1, 'timestamp', () => Timestamp],
  [2, 'namespace', 'string'],
  [3, 'topic', 'string'],
  [4, 'event', () => Any],
]);

export const Events = {
  name: 'containerd.services.events.ttrpc.v1.Events',
  methods: {
    forward: { name: 'Forward', request: ForwardRequest, response: Empty, requestStream: false, responseStream: false },
  },
} as const;
