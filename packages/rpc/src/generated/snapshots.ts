// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Empty, FieldMask, Timestamp } from './google.ts';
import { Mount } from './types.ts';

export interface PrepareRequest {
  snapshotter: string;
  key: string;
  parent: string;
  labels: Record<string, string>;
}
export const PrepareRequest: Codec<PrepareRequest> = message<PrepareRequest>('containerd.services.snapshots.v1.PrepareRequest', [
  [1, 'snapshotter', 'string'],
  [2, 'key', 'string'],
  [3, 'parent', 'string'],
  [4, 'labels', 'string', 'map'],
]);

export interface PrepareResponse {
  mounts: Mount[];
}
export const PrepareResponse: Codec<PrepareResponse> = message<PrepareResponse>('containerd.services.snapshots.v1.PrepareResponse', [
  [1, 'mounts', () => Mount, 'repeated'],
]);

export interface ViewRequest {
  snapshotter: string;
  key: string;
  parent: string;
  labels: Record<string, string>;
}
export const ViewRequest: Codec<ViewRequest> = message<ViewRequest>('containerd.services.snapshots.v1.ViewRequest', [
  [1, 'snapshotter', 'string'],
  [2, 'key', 'string'],
  [3, 'parent', 'string'],
  [4, 'labels', 'string', 'map'],
]);

export interface ViewResponse {
  mounts: Mount[];
}
export const ViewResponse: Codec<ViewResponse> = message<ViewResponse>('containerd.services.snapshots.v1.ViewResponse', [
  [1, 'mounts', () => Mount, 'repeated'],
]);

export interface MountsRequest {
  snapshotter: string;
  key: string;
}
export const MountsRequest: Codec<MountsRequest> = message<MountsRequest>('containerd.services.snapshots.v1.MountsRequest', [
  [1, 'snapshotter', 'string'],
  [2, 'key', 'string'],
]);

export interface MountsResponse {
  mounts: Mount[];
}
export const MountsResponse: Codec<MountsResponse> = message<MountsResponse>('containerd.services.snapshots.v1.MountsResponse', [
  [1, 'mounts', () => Mount, 'repeated'],
]);

export interface CommitRequest {
  snapshotter: string;
  name: string;
  key: string;
  labels: Record<string, string>;
}
export const CommitRequest: Codec<CommitRequest> = message<CommitRequest>('containerd.services.snapshots.v1.CommitRequest', [
  [1, 'snapshotter', 'string'],
  [2, 'name', 'string'],
  [3, 'key', 'string'],
  [4, 'labels', 'string', 'map'],
]);

export interface RemoveRequest {
  snapshotter: string;
  key: string;
}
export const RemoveRequest: Codec<RemoveRequest> = message<RemoveRequest>('containerd.services.snapshots.v1.RemoveRequest', [
  [1, 'snapshotter', 'string'],
  [2, 'key', 'string'],
]);

export interface StatRequest {
  snapshotter: string;
  key: string;
}
export const StatRequest: Codec<StatRequest> = message<StatRequest>('containerd.services.snapshots.v1.StatRequest', [
  [1, 'snapshotter', 'string'],
  [2, 'key', 'string'],
]);

export interface StatResponse {
  info: Info | undefined;
}
export const StatResponse: Codec<StatResponse> = message<StatResponse>('containerd.services.snapshots.v1.StatResponse', [
  [1, 'info', () => Info],
]);

export interface UpdateRequest {
  snapshotter: string;
  info: Info | undefined;
  updateMask: FieldMask | undefined;
}
export const UpdateRequest: Codec<UpdateRequest> = message<UpdateRequest>('containerd.services.snapshots.v1.UpdateRequest', [
  [1, 'snapshotter', 'string'],
  [2, 'info', () => Info],
  [3, 'updateMask', () => FieldMask],
]);

export interface UpdateResponse {
  info: Info | undefined;
}
export const UpdateResponse: Codec<UpdateResponse> = message<UpdateResponse>('containerd.services.snapshots.v1.UpdateResponse', [
  [1, 'info', () => Info],
]);

export interface ListRequest {
  snapshotter: string;
  filters: string[];
}
export const ListRequest: Codec<ListRequest> = message<ListRequest>('containerd.services.snapshots.v1.ListRequest', [
  [1, 'snapshotter', 'string'],
  [2, 'filters', 'string', 'repeated'],
]);

export interface ListResponse {
  info: Info[];
}
export const ListResponse: Codec<ListResponse> = message<ListResponse>('containerd.services.snapshots.v1.ListResponse', [
  [1, 'info', () => Info, 'repeated'],
]);

export interface UsageRequest {
  snapshotter: string;
  key: string;
}
export const UsageRequest: Codec<UsageRequest> = message<UsageRequest>('containerd.services.snapshots.v1.UsageRequest', [
  [1, 'snapshotter', 'string'],
  [2, 'key', 'string'],
]);

export interface UsageResponse {
  size: number;
  inodes: number;
}
export const UsageResponse: Codec<UsageResponse> = message<UsageResponse>('containerd.services.snapshots.v1.UsageResponse', [
  [1, 'size', 'int64'],
  [2, 'inodes', 'int64'],
]);

export interface CleanupRequest {
  snapshotter: string;
}
export const CleanupRequest: Codec<CleanupRequest> = message<CleanupRequest>('containerd.services.snapshots.v1.CleanupRequest', [
  [1, 'snapshotter', 'string'],
]);

export interface Info {
  name: string;
  parent: string;
  kind: number;
  createdAt: Timestamp | undefined;
  updatedAt: Timestamp | undefined;
  labels: Record<string, string>;
}
export const Info: Codec<Info> = message<Info>('containerd.services.snapshots.v1.Info', [
  [1, 'name', 'string'],
  [2, 'parent', 'string'],
  [3, 'kind', 'int32'],
  [4, 'createdAt', () => Timestamp],
  [5, 'updatedAt', () => Timestamp],
  [6, 'labels', 'string', 'map'],
]);

export const Kind = {
  UNKNOWN: 0,
  VIEW: 1,
  ACTIVE: 2,
  COMMITTED: 3,
} as const;

export const Snapshots = {
  name: 'containerd.services.snapshots.v1.Snapshots',
  methods: {
    prepare: { name: 'Prepare', request: PrepareRequest, response: PrepareResponse, requestStream: false, responseStream: false },
    view: { name: 'View', request: ViewRequest, response: ViewResponse, requestStream: false, responseStream: false },
    mounts: { name: 'Mounts', request: MountsRequest, response: MountsResponse, requestStream: false, responseStream: false },
    commit: { name: 'Commit', request: CommitRequest, response: Empty, requestStream: false, responseStream: false },
    remove: { name: 'Remove', request: RemoveRequest, response: Empty, requestStream: false, responseStream: false },
    stat: { name: 'Stat', request: StatRequest, response: StatResponse, requestStream: false, responseStream: false },
    update: { name: 'Update', request: UpdateRequest, response: UpdateResponse, requestStream: false, responseStream: false },
    list: { name: 'List', request: ListRequest, response: ListResponse, requestStream: false, responseStream: true },
    usage: { name: 'Usage', request: UsageRequest, response: UsageResponse, requestStream: false, responseStream: false },
    cleanup: { name: 'Cleanup', request: CleanupRequest, response: Empty, requestStream: false, responseStream: false },
  },
} as const;
