// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Empty, FieldMask, Timestamp } from './google.ts';
import { Descriptor } from './types.ts';

export interface GetRequest {
  name: string;
}
export const GetRequest: Codec<GetRequest> = message<GetRequest>('containerd.services.images.v1.GetRequest', [
  [1, 'name', 'string'],
]);

export interface GetResponse {
  image: Image | undefined;
}
export const GetResponse: Codec<GetResponse> = message<GetResponse>('containerd.services.images.v1.GetResponse', [
  [1, 'image', () => Image],
]);

export interface ListRequest {
  filters: string[];
}
export const ListRequest: Codec<ListRequest> = message<ListRequest>('containerd.services.images.v1.ListRequest', [
  [1, 'filters', 'string', 'repeated'],
]);

export interface ListResponse {
  images: Image[];
}
export const ListResponse: Codec<ListResponse> = message<ListResponse>('containerd.services.images.v1.ListResponse', [
  [1, 'images', () => Image, 'repeated'],
]);

export interface CreateRequest {
  image: Image | undefined;
}
export const CreateRequest: Codec<CreateRequest> = message<CreateRequest>('containerd.services.images.v1.CreateRequest', [
  [1, 'image', () => Image],
]);

export interface CreateResponse {
  image: Image | undefined;
}
export const CreateResponse: Codec<CreateResponse> = message<CreateResponse>('containerd.services.images.v1.CreateResponse', [
  [1, 'image', () => Image],
]);

export interface UpdateRequest {
  image: Image | undefined;
  updateMask: FieldMask | undefined;
}
export const UpdateRequest: Codec<UpdateRequest> = message<UpdateRequest>('containerd.services.images.v1.UpdateRequest', [
  [1, 'image', () => Image],
  [2, 'updateMask', () => FieldMask],
]);

export interface UpdateResponse {
  image: Image | undefined;
}
export const UpdateResponse: Codec<UpdateResponse> = message<UpdateResponse>('containerd.services.images.v1.UpdateResponse', [
  [1, 'image', () => Image],
]);

export interface DeleteRequest {
  name: string;
  sync: boolean;
}
export const DeleteRequest: Codec<DeleteRequest> = message<DeleteRequest>('containerd.services.images.v1.DeleteRequest', [
  [1, 'name', 'string'],
  [2, 'sync', 'bool'],
]);

export interface Image {
  name: string;
  labels: Record<string, string>;
  target: Descriptor | undefined;
  createdAt: Timestamp | undefined;
  updatedAt: Timestamp | undefined;
}
export const Image: Codec<Image> = message<Image>('containerd.services.images.v1.Image', [
  [1, 'name', 'string'],
  [2, 'labels', 'string', 'map'],
  [3, 'target', () => Descriptor],
  [7, 'createdAt', () => Timestamp],
  [8, 'updatedAt', () => Timestamp],
]);

export interface ImageCreate {
  name: string;
  labels: Record<string, string>;
}
export const ImageCreate: Codec<ImageCreate> = message<ImageCreate>('containerd.services.images.v1.ImageCreate', [
  [1, 'name', 'string'],
  [2, 'labels', 'string', 'map'],
]);

export interface ImageUpdate {
  name: string;
  labels: Record<string, string>;
}
export const ImageUpdate: Codec<ImageUpdate> = message<ImageUpdate>('containerd.services.images.v1.ImageUpdate', [
  [1, 'name', 'string'],
  [2, 'labels', 'string', 'map'],
]);

export interface ImageDelete {
  name: string;
}
export const ImageDelete: Codec<ImageDelete> = message<ImageDelete>('containerd.services.images.v1.ImageDelete', [
  [1, 'name', 'string'],
]);

export const Images = {
  name: 'containerd.services.images.v1.Images',
  methods: {
    get: { name: 'Get', request: GetRequest, response: GetResponse, requestStream: false, responseStream: false },
    list: { name: 'List', request: ListRequest, response: ListResponse, requestStream: false, responseStream: false },
    create: { name: 'Create', request: CreateRequest, response: CreateResponse, requestStream: false, responseStream: false },
    update: { name: 'Update', request: UpdateRequest, response: UpdateResponse, requestStream: false, responseStream: false },
    delete: { name: 'Delete', request: DeleteRequest, response: Empty, requestStream: false, responseStream: false },
  },
} as const;
