// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Any } from './google.ts';

export interface BootstrapParams {
  instanceId: string;
  namespace: string;
  logLevel: number;
  containerdVersion: string;
  containerdTtrpcAddress: string;
  containerdGrpcAddress: string;
  containerdBinary: string;
  extensions: Extension[];
  socketDir: string;
}
export const BootstrapParams: Codec<BootstrapParams> = message<BootstrapParams>('containerd.runtime.bootstrap.v1.BootstrapParams', [
  [1, 'instanceId', 'string'],
  [2, 'namespace', 'string'],
  [3, 'logLevel', 'int32'],
  [4, 'containerdVersion', 'string'],
  [5, 'containerdTtrpcAddress', 'string'],
  [6, 'containerdGrpcAddress', 'string'],
  [7, 'containerdBinary', 'string'],
  [8, 'extensions', () => Extension, 'repeated'],
  [9, 'socketDir', 'string'],
]);

export interface Extension {
  value: Any | undefined;
}
export const Extension: Codec<Extension> = message<Extension>('containerd.runtime.bootstrap.v1.Extension', [
  [1, 'value', () => Any],
]);

export interface BootstrapResult {
  version: number;
  address: string;
  protocol: string;
  capabilities: number[];
  metadata: Record<string, string>;
}
export const BootstrapResult: Codec<BootstrapResult> = message<BootstrapResult>('containerd.runtime.bootstrap.v1.BootstrapResult', [
  [1, 'version', 'int32'],
  [2, 'address', 'string'],
  [3, 'protocol', 'string'],
  [4, 'capabilities', 'int32', 'repeated'],
  [5, 'metadata', 'string', 'map'],
]);
