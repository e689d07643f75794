// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Any } from './google.ts';

export interface StreamInit {
  id: string;
}
export const StreamInit: Codec<StreamInit> = message<StreamInit>('containerd.services.streaming.v1.StreamInit', [
  [1, 'id', 'string'],
]);

export const Streaming = {
  name: 'containerd.services.streaming.v1.Streaming',
  methods: {
    stream: { name: 'Stream', request: Any, response: Any, requestStream: true, responseStream: true },
  },
} as const;
