// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Empty, FieldMask, Timestamp } from './google.ts';

export interface InfoRequest {
  digest: string;
}
export const InfoRequest: Codec<InfoRequest> = message<InfoRequest>('containerd.services.content.v1.InfoRequest', [
  [1, 'digest', 'string'],
]);

export interface InfoResponse {
  info: Info | undefined;
}
export const InfoResponse: Codec<InfoResponse> = message<InfoResponse>('containerd.services.content.v1.InfoResponse', [
  [1, 'info', () => Info],
]);

export interface UpdateRequest {
  info: Info | undefined;
  updateMask: FieldMask | undefined;
}
export const UpdateRequest: Codec<UpdateRequest> = message<UpdateRequest>('containerd.services.content.v1.UpdateRequest', [
  [1, 'info', () => Info],
  [2, 'updateMask', () => FieldMask],
]);

export interface UpdateResponse {
  info: Info | undefined;
}
export const UpdateResponse: Codec<UpdateResponse> = message<UpdateResponse>('containerd.services.content.v1.UpdateResponse', [
  [1, 'info', () => Info],
]);

export interface ListRequest {
  filters: string[];
}
export const ListRequest: Codec<ListRequest> = message<ListRequest>('containerd.services.content.v1.ListRequest', [
  [1, 'filters', 'string', 'repeated'],
]);

export interface ListResponse {
  info: Info[];
}
export const ListResponse: Codec<ListResponse> = message<ListResponse>('containerd.services.content.v1.ListResponse', [
  [1, 'info', () => Info, 'repeated'],
]);

export interface DeleteRequest {
  digest: string;
}
export const DeleteRequest: Codec<DeleteRequest> = message<DeleteRequest>('containerd.services.content.v1.DeleteRequest', [
  [1, 'digest', 'string'],
]);

export interface ReadRequest {
  digest: string;
  offset: number;
  size: number;
}
export const ReadRequest: Codec<ReadRequest> = message<ReadRequest>('containerd.services.content.v1.ReadRequest', [
  [1, 'digest', 'string'],
  [2, 'offset', 'int64'],
  [3, 'size', 'int64'],
]);

export interface ReadResponse {
  offset: number;
  data: Uint8Array;
}
export const ReadResponse: Codec<ReadResponse> = message<ReadResponse>('containerd.services.content.v1.ReadResponse', [
  [1, 'offset', 'int64'],
  [2, 'data', 'bytes'],
]);

export interface StatusRequest {
  ref: string;
}
export const StatusRequest: Codec<StatusRequest> = message<StatusRequest>('containerd.services.content.v1.StatusRequest', [
  [1, 'ref', 'string'],
]);

export interface StatusResponse {
  status: Status | undefined;
}
export const StatusResponse: Codec<StatusResponse> = message<StatusResponse>('containerd.services.content.v1.StatusResponse', [
  [1, 'status', () => Status],
]);

export interface ListStatusesRequest {
  filters: string[];
}
export const ListStatusesRequest: Codec<ListStatusesRequest> = message<ListStatusesRequest>('containerd.services.content.v1.ListStatusesRequest', [
  [1, 'filters', 'string', 'repeated'],
]);

export interface ListStatusesResponse {
  statuses: Status[];
}
export const ListStatusesResponse: Codec<ListStatusesResponse> = message<ListStatusesResponse>('containerd.services.content.v1.ListStatusesResponse', [
  [1, 'statuses', () => Status, 'repeated'],
]);

export interface WriteRequest {
  action: number;
  ref: string;
  total: number;
  expected: string;
  offset: number;
  data: Uint8Array;
  labels: Record<string, string>;
}
export const WriteRequest: Codec<WriteRequest> = message<WriteRequest>('containerd.services.content.v1.WriteRequest', [
  [1, 'action', 'int32'],
  [2, 'ref', 'string'],
  [3, 'total', 'int64'],
  [4, 'expected', 'string'],
  [5, 'offset', 'int64'],
  [6, 'data', 'bytes'],
  [7, 'labels', 'string', 'map'],
]);

export interface WriteResponse {
  action: number;
  startedAt: Timestamp | undefined;
  updatedAt: Timestamp | undefined;
  offset: number;
  total: number;
  digest: string;
}
export const WriteResponse: Codec<WriteResponse> = message<WriteResponse>('containerd.services.content.v1.WriteResponse', [
  [1, 'action', 'int32'],
  [2, 'startedAt', () => Timestamp],
  [3, 'updatedAt', () => Timestamp],
  [4, 'offset', 'int64'],
  [5, 'total', 'int64'],
  [6, 'digest', 'string'],
]);

export interface AbortRequest {
  ref: string;
}
export const AbortRequest: Codec<AbortRequest> = message<AbortRequest>('containerd.services.content.v1.AbortRequest', [
  [1, 'ref', 'string'],
]);

export interface Info {
  digest: string;
  size: number;
  createdAt: Timestamp | undefined;
  updatedAt: Timestamp | undefined;
  labels: Record<string, string>;
}
export const Info: Codec<Info> = message<Info>('containerd.services.content.v1.Info', [
  [1, 'digest', 'string'],
  [2, 'size', 'int64'],
  [3, 'createdAt', () => Timestamp],
  [4, 'updatedAt', () => Timestamp],
  [5, 'labels', 'string', 'map'],
]);

export interface Status {
  startedAt: Timestamp | undefined;
  updatedAt: Timestamp | undefined;
  ref: string;
  offset: number;
  total: number;
  expected: string;
}
export const Status: Codec<Status> = message<Status>('containerd.services.content.v1.Status', [
  [1, 'startedAt', () => Timestamp],
  [2, 'updatedAt', () => Timestamp],
  [3, 'ref', 'string'],
  [4, 'offset', 'int64'],
  [5, 'total', 'int64'],
  [6, 'expected', 'string'],
]);

export const WriteAction = {
  STAT: 0,
  WRITE: 1,
  COMMIT: 2,
} as const;

export const Content = {
  name: 'containerd.services.content.v1.Content',
  methods: {
    info: { name: 'Info', request: InfoRequest, response: InfoResponse, requestStream: false, responseStream: false },
    update: { name: 'Update', request: UpdateRequest, response: UpdateResponse, requestStream: false, responseStream: false },
    list: { name: 'List', request: ListRequest, response: ListResponse, requestStream: false, responseStream: true },
    delete: { name: 'Delete', request: DeleteRequest, response: Empty, requestStream: false, responseStream: false },
    read: { name: 'Read', request: ReadRequest, response: ReadResponse, requestStream: false, responseStream: true },
    status: { name: 'Status', request: StatusRequest, response: StatusResponse, requestStream: false, responseStream: false },
    listStatuses: { name: 'ListStatuses', request: ListStatusesRequest, response: ListStatusesResponse, requestStream: false, responseStream: false },
    write: { name: 'Write', request: WriteRequest, response: WriteResponse, requestStream: true, responseStream: true },
    abort: { name: 'Abort', request: AbortRequest, response: Empty, requestStream: false, responseStream: false },
  },
} as const;
