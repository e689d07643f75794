// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Any, Timestamp } from './google.ts';

export interface Mount {
  type: string;
  source: string;
  target: string;
  options: string[];
}
export const Mount: Codec<Mount> = message<Mount>('containerd.types.Mount', [
  [1, 'type', 'string'],
  [2, 'source', 'string'],
  [3, 'target', 'string'],
  [4, 'options', 'string', 'repeated'],
]);

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations: Record<string, string>;
}
export const Descriptor: Codec<Descriptor> = message<Descriptor>('containerd.types.Descriptor', [
  [1, 'mediaType', 'string'],
  [2, 'digest', 'string'],
  [3, 'size', 'int64'],
  [5, 'annotations', 'string', 'map'],
]);

export interface Platform {
  os: string;
  architecture: string;
  variant: string;
}
export const Platform: Codec<Platform> = message<Platform>('containerd.types.Platform', [
  [1, 'os', 'string'],
  [2, 'architecture', 'string'],
  [3, 'variant', 'string'],
]);

export interface Metric {
  timestamp: Timestamp | undefined;
  id: string;
  data: Any | undefined;
}
export const Metric: Codec<Metric> = message<Metric>('containerd.types.Metric', [
  [1, 'timestamp', () => Timestamp],
  [2, 'id', 'string'],
  [3, 'data', () => Any],
]);
