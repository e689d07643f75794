// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Status } from './google_rpc.ts';

export interface KeyValue {
  key: string;
  value: string;
}
export const KeyValue: Codec<KeyValue> = message<KeyValue>('ttrpc.KeyValue', [
  [1, 'key', 'string'],
  [2, 'value', 'string'],
]);

export interface Request {
  service: string;
  method: string;
  payload: Uint8Array;
  timeoutNano: number;
  metadata: KeyValue[];
}
export const Request: Codec<Request> = message<Request>('ttrpc.Request', [
  [1, 'service', 'string'],
  [2, 'method', 'string'],
  [3, 'payload', 'bytes'],
  [4, 'timeoutNano', 'int64'],
  [5, 'metadata', () => KeyValue, 'repeated'],
]);

export interface Response {
  status: Status | undefined;
  payload: Uint8Array;
}
export const Response: Codec<Response> = message<Response>('ttrpc.Response', [
  [1, 'status', () => Status],
  [2, 'payload', 'bytes'],
]);
