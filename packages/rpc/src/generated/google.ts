// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';

export interface Any {
  typeUrl: string;
  value: Uint8Array;
}
export const Any: Codec<Any> = message<Any>('google.protobuf.Any', [
  [1, 'typeUrl', 'string'],
  [2, 'value', 'bytes'],
]);

export interface Empty {}
export const Empty: Codec<Empty> = message<Empty>('google.protobuf.Empty', []);

export interface FieldMask {
  paths: string[];
}
export const FieldMask: Codec<FieldMask> = message<FieldMask>('google.protobuf.FieldMask', [
  [1, 'paths', 'string', 'repeated'],
]);

export interface Timestamp {
  seconds: number;
  nanos: number;
}
export const Timestamp: Codec<Timestamp> = message<Timestamp>('google.protobuf.Timestamp', [
  [1, 'seconds', 'int64'],
  [2, 'nanos', 'int32'],
]);
