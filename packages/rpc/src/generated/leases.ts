// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Empty, Timestamp } from './google.ts';

export interface CreateRequest {
  id: string;
  labels: Record<string, string>;
}
export const CreateRequest: Codec<CreateRequest> = message<CreateRequest>('containerd.services.leases.v1.CreateRequest', [
  [1, 'id', 'string'],
  [3, 'labels', 'string', 'map'],
]);

export interface CreateResponse {
  lease: Lease | undefined;
}
export const CreateResponse: Codec<CreateResponse> = message<CreateResponse>('containerd.services.leases.v1.CreateResponse', [
  [1, 'lease', () => Lease],
]);

export interface DeleteRequest {
  id: string;
  sync: boolean;
}
export const DeleteRequest: Codec<DeleteRequest> = message<DeleteRequest>('containerd.services.leases.v1.DeleteRequest', [
  [1, 'id', 'string'],
  [2, 'sync', 'bool'],
]);

export interface ListRequest {
  filters: string[];
}
export const ListRequest: Codec<ListRequest> = message<ListRequest>('containerd.services.leases.v1.ListRequest', [
  [1, 'filters', 'string', 'repeated'],
]);

export interface ListResponse {
  leases: Lease[];
}
export const ListResponse: Codec<ListResponse> = message<ListResponse>('containerd.services.leases.v1.ListResponse', [
  [1, 'leases', () => Lease, 'repeated'],
]);

export interface AddResourceRequest {
  id: string;
  resource: Resource | undefined;
}
export const AddResourceRequest: Codec<AddResourceRequest> = message<AddResourceRequest>('containerd.services.leases.v1.AddResourceRequest', [
  [1, 'id', 'string'],
  [2, 'resource', () => Resource],
]);

export interface DeleteResourceRequest {
  id: string;
  resource: Resource | undefined;
}
export const DeleteResourceRequest: Codec<DeleteResourceRequest> = message<DeleteResourceRequest>('containerd.services.leases.v1.DeleteResourceRequest', [
  [1, 'id', 'string'],
  [2, 'resource', () => Resource],
]);

export interface ListResourcesRequest {
  id: string;
}
export const ListResourcesRequest: Codec<ListResourcesRequest> = message<ListResourcesRequest>('containerd.services.leases.v1.ListResourcesRequest', [
  [1, 'id', 'string'],
]);

export interface ListResourcesResponse {
  resources: Resource[];
}
export const ListResourcesResponse: Codec<ListResourcesResponse> = message<ListResourcesResponse>('containerd.services.leases.v1.ListResourcesResponse', [
  [1, 'resources', () => Resource, 'repeated'],
]);

export interface Lease {
  id: string;
  createdAt: Timestamp | undefined;
  labels: Record<string, string>;
}
export const Lease: Codec<Lease> = message<Lease>('containerd.services.leases.v1.Lease', [
  [1, 'id', 'string'],
  [2, 'createdAt', () => Timestamp],
  [3, 'labels', 'string', 'map'],
]);

export interface Resource {
  id: string;
  type: string;
}
export const Resource: Codec<Resource> = message<Resource>('containerd.services.leases.v1.Resource', [
  [1, 'id', 'string'],
  [2, 'type', 'string'],
]);

export const Leases = {
  name: 'containerd.services.leases.v1.Leases',
  methods: {
    create: { name: 'Create', request: CreateRequest, response: CreateResponse, requestStream: false, responseStream: false },
    delete: { name: 'Delete', request: DeleteRequest, response: Empty, requestStream: false, responseStream: false },
    list: { name: 'List', request: ListRequest, response: ListResponse, requestStream: false, responseStream: false },
    addResource: { name: 'AddResource', request: AddResourceRequest, response: Empty, requestStream: false, responseStream: false },
    deleteResource: { name: 'DeleteResource', request: DeleteResourceRequest, response: Empty, requestStream: false, responseStream: false },
    listResources: { name: 'ListResources', request: ListResourcesRequest, response: ListResourcesResponse, requestStream: false, responseStream: false },
  },
} as const;
