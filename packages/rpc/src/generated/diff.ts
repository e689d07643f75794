// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Any } from './google.ts';
import { Descriptor, Mount } from './types.ts';

export interface ApplyRequest {
  diff: Descriptor | undefined;
  mounts: Mount[];
  payloads: Record<string, Any>;
}
export const ApplyRequest: Codec<ApplyRequest> = message<ApplyRequest>('containerd.services.diff.v1.ApplyRequest', [
  [1, 'diff', () => Descriptor],
  [2, 'mounts', () => Mount, 'repeated'],
  [3, 'payloads', () => Any, 'map'],
]);

export interface ApplyResponse {
  applied: Descriptor | undefined;
}
export const ApplyResponse: Codec<ApplyResponse> = message<ApplyResponse>('containerd.services.diff.v1.ApplyResponse', [
  [1, 'applied', () => Descriptor],
]);

export interface DiffRequest {
  left: Mount[];
  right: Mount[];
  mediaType: string;
  ref: string;
  labels: Record<string, string>;
}
export const DiffRequest: Codec<DiffRequest> = message<DiffRequest>('containerd.services.diff.v1.DiffRequest', [
  [1, 'left', () => Mount, 'repeated'],
  [2, 'right', () => Mount, 'repeated'],
  [3, 'mediaType', 'string'],
  [4, 'ref', 'string'],
  [5, 'labels', 'string', 'map'],
]);

export interface DiffResponse {
  diff: Descriptor | undefined;
}
export const DiffResponse: Codec<DiffResponse> = message<DiffResponse>('containerd.services.diff.v1.DiffResponse', [
  [3, 'diff', () => Descriptor],
]);

export const Diff = {
  name: 'containerd.services.diff.v1.Diff',
  methods: {
    apply: { name: 'Apply', request: ApplyRequest, response: ApplyResponse, requestStream: false, responseStream: false },
    diff: { name: 'Diff', request: DiffRequest, response: DiffResponse, requestStream: false, responseStream: false },
  },
} as const;
