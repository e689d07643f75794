// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Any } from './google.ts';

export interface RuntimeInfo {
  name: string;
  version: RuntimeVersion | undefined;
  options: Any | undefined;
  features: Any | undefined;
  annotations: Record<string, string>;
}
export const RuntimeInfo: Codec<RuntimeInfo> = message<RuntimeInfo>('containerd.types.RuntimeInfo', [
  [1, 'name', 'string'],
  [2, 'version', () => RuntimeVersion],
  [3, 'options', () => Any],
  [4, 'features', () => Any],
  [5, 'annotations', 'string', 'map'],
]);

export interface RuntimeVersion {
  version: string;
  revision: string;
}
export const RuntimeVersion: Codec<RuntimeVersion> = message<RuntimeVersion>('containerd.types.RuntimeVersion', [
  [1, 'version', 'string'],
  [2, 'revision', 'string'],
]);
