// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Empty, FieldMask } from './google.ts';

export interface GetRequest {
  name: string;
}
export const GetRequest: Codec<GetRequest> = message<GetRequest>('containerd.services.namespaces.v1.GetRequest', [
  [1, 'name', 'string'],
]);

export interface GetResponse {
  namespace: Namespace | undefined;
}
export const GetResponse: Codec<GetResponse> = message<GetResponse>('containerd.services.namespaces.v1.GetResponse', [
  [1, 'namespace', () => Namespace],
]);

export interface ListRequest {
  filter: string;
}
export const ListRequest: Codec<ListRequest> = message<ListRequest>('containerd.services.namespaces.v1.ListRequest', [
  [1, 'filter', 'string'],
]);

export interface ListResponse {
  namespaces: Namespace[];
}
export const ListResponse: Codec<ListResponse> = message<ListResponse>('containerd.services.namespaces.v1.ListResponse', [
  [1, 'namespaces', () => Namespace, 'repeated'],
]);

export interface CreateRequest {
  namespace: Namespace | undefined;
}
export const CreateRequest: Codec<CreateRequest> = message<CreateRequest>('containerd.services.namespaces.v1.CreateRequest', [
  [1, 'namespace', () => Namespace],
]);

export interface CreateResponse {
  namespace: Namespace | undefined;
}
export const CreateResponse: Codec<CreateResponse> = message<CreateResponse>('containerd.services.namespaces.v1.CreateResponse', [
  [1, 'namespace', () => Namespace],
]);

export interface UpdateRequest {
  namespace: Namespace | undefined;
  updateMask: FieldMask | undefined;
}
export const UpdateRequest: Codec<UpdateRequest> = message<UpdateRequest>('containerd.services.namespaces.v1.UpdateRequest', [
  [1, 'namespace', () => Namespace],
  [2, 'updateMask', () => FieldMask],
]);

export interface UpdateResponse {
  namespace: Namespace | undefined;
}
export const UpdateResponse: Codec<UpdateResponse> = message<UpdateResponse>('containerd.services.namespaces.v1.UpdateResponse', [
  [1, 'namespace', () => Namespace],
]);

export interface DeleteRequest {
  name: string;
}
export const DeleteRequest: Codec<DeleteRequest> = message<DeleteRequest>('containerd.services.namespaces.v1.DeleteRequest', [
  [1, 'name', 'string'],
]);

export interface Namespace {
  name: string;
  labels: Record<string, string>;
}
export const Namespace: Codec<Namespace> = message<Namespace>('containerd.services.namespaces.v1.Namespace', [
  [1, 'name', 'string'],
  [2, 'labels', 'string', 'map'],
]);

export const Namespaces = {
  name: 'containerd.services.namespaces.v1.Namespaces',
  methods: {
    get: { name: 'Get', request: GetRequest, response: GetResponse, requestStream: false, responseStream: false },
    list: { name: 'List', request: ListRequest, response: ListResponse, requestStream: false, responseStream: false },
    create: { name: 'Create', request: CreateRequest, response: CreateResponse, requestStream: false, responseStream: false },
    update: { name: 'Update', request: UpdateRequest, response: UpdateResponse, requestStream: false, responseStream: false },
    delete: { name: 'Delete', request: DeleteRequest, response: Empty, requestStream: false, responseStream: false },
  },
} as const;
