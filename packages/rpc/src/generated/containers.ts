// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Any, Empty, FieldMask, Timestamp } from './google.ts';

export interface GetRequest {
  id: string;
}
export const GetRequest: Codec<GetRequest> = message<GetRequest>('containerd.services.containers.v1.GetRequest', [
  [1, 'id', 'string'],
]);

export interface GetResponse {
  container: Container | undefined;
}
export const GetResponse: Codec<GetResponse> = message<GetResponse>('containerd.services.containers.v1.GetResponse', [
  [1, 'container', () => Container],
]);

export interface ListRequest {
  filters: string[];
}
export const ListRequest: Codec<ListRequest> = message<ListRequest>('containerd.services.containers.v1.ListRequest', [
  [1, 'filters', 'string', 'repeated'],
]);

export interface ListResponse {
  containers: Container[];
}
export const ListResponse: Codec<ListResponse> = message<ListResponse>('containerd.services.containers.v1.ListResponse', [
  [1, 'containers', () => Container, 'repeated'],
]);

export interface ListStreamRequest {
  filters: string[];
}
export const ListStreamRequest: Codec<ListStreamRequest> = message<ListStreamRequest>('containerd.services.containers.v1.ListStreamRequest', [
  [1, 'filters', 'string', 'repeated'],
]);

export interface ListStreamResponse {
  container: Container | undefined;
}
export const ListStreamResponse: Codec<ListStreamResponse> = message<ListStreamResponse>('containerd.services.containers.v1.ListStreamResponse', [
  [1, 'container', () => Container],
]);

export interface CreateRequest {
  container: Container | undefined;
}
export const CreateRequest: Codec<CreateRequest> = message<CreateRequest>('containerd.services.containers.v1.CreateRequest', [
  [1, 'container', () => Container],
]);

export interface CreateResponse {
  container: Container | undefined;
}
export const CreateResponse: Codec<CreateResponse> = message<CreateResponse>('containerd.services.containers.v1.CreateResponse', [
  [1, 'container', () => Container],
]);

export interface UpdateRequest {
  container: Container | undefined;
  updateMask: FieldMask | undefined;
}
export const UpdateRequest: Codec<UpdateRequest> = message<UpdateRequest>('containerd.services.containers.v1.UpdateRequest', [
  [1, 'container', () => Container],
  [2, 'updateMask', () => FieldMask],
]);

export interface UpdateResponse {
  container: Container | undefined;
}
export const UpdateResponse: Codec<UpdateResponse> = message<UpdateResponse>('containerd.services.containers.v1.UpdateResponse', [
  [1, 'container', () => Container],
]);

export interface DeleteRequest {
  id: string;
}
export const DeleteRequest: Codec<DeleteRequest> = message<DeleteRequest>('containerd.services.containers.v1.DeleteRequest', [
  [1, 'id', 'string'],
]);

export interface ContainerRuntime {
  name: string;
  options: Any | undefined;
}
export const ContainerRuntime: Codec<ContainerRuntime> = message<ContainerRuntime>('containerd.services.containers.v1.Container.Runtime', [
  [1, 'name', 'string'],
  [2, 'options', () => Any],
]);

export interface Container {
  id: string;
  labels: Record<string, string>;
  image: string;
  runtime: ContainerRuntime | undefined;
  spec: Any | undefined;
  snapshotter: string;
  snapshotKey: string;
  createdAt: Timestamp | undefined;
  updatedAt: Timestamp | undefined;
  extensions: Record<string, Any>;
}
export const Container: Codec<Container> = message<Container>('containerd.services.containers.v1.Container', [
  [1, 'id', 'string'],
  [2, 'labels', 'string', 'map'],
  [3, 'image', 'string'],
  [4, 'runtime', () => ContainerRuntime],
  [5, 'spec', () => Any],
  [6, 'snapshotter', 'string'],
  [7, 'snapshotKey', 'string'],
  [8, 'createdAt', () => Timestamp],
  [9, 'updatedAt', () => Timestamp],
  [10, 'extensions', () => Any, 'map'],
]);

export const Containers = {
  name: 'containerd.services.containers.v1.Containers',
  methods: {
    get: { name: 'Get', request: GetRequest, response: GetResponse, requestStream: false, responseStream: false },
    list: { name: 'List', request: ListRequest, response: ListResponse, requestStream: false, responseStream: false },
    listStream: { name: 'ListStream', request: ListStreamRequest, response: ListStreamResponse, requestStream: false, responseStream: true },
    create: { name: 'Create', request: CreateRequest, response: CreateResponse, requestStream: false, responseStream: false },
    update: { name: 'Update', request: UpdateRequest, response: UpdateResponse, requestStream: false, responseStream: false },
    delete: { name: 'Delete', request: DeleteRequest, response: Empty, requestStream: false, responseStream: false },
  },
} as const;
