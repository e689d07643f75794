// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';

export interface ServerReflectionRequest {
  host: string;
  fileByFilename: string;
  fileContainingSymbol: string;
  fileContainingExtension: ExtensionRequest | undefined;
  allExtensionNumbersOfType: string;
  listServices: string;
}
export const ServerReflectionRequest: Codec<ServerReflectionRequest> = message<ServerReflectionRequest>('grpc.reflection.v1.ServerReflectionRequest', [
  [1, 'host', 'string'],
  [3, 'fileByFilename', 'string'],
  [4, 'fileContainingSymbol', 'string'],
  [5, 'fileContainingExtension', () => ExtensionRequest],
  [6, 'allExtensionNumbersOfType', 'string'],
  [7, 'listServices', 'string'],
]);

export interface ExtensionRequest {
  containingType: string;
  extensionNumber: number;
}
export const ExtensionRequest: Codec<ExtensionRequest> = message<ExtensionRequest>('grpc.reflection.v1.ExtensionRequest', [
  [1, 'containingType', 'string'],
  [2, 'extensionNumber', 'int32'],
]);

export interface ServerReflectionResponse {
  validHost: string;
  originalRequest: ServerReflectionRequest | undefined;
  fileDescriptorResponse: FileDescriptorResponse | undefined;
  allExtensionNumbersResponse: ExtensionNumberResponse | undefined;
  listServicesResponse: ListServiceResponse | undefined;
  errorResponse: ErrorResponse | undefined;
}
export const ServerReflectionResponse: Codec<ServerReflectionResponse> = message<ServerReflectionResponse>('grpc.reflection.v1.ServerReflectionResponse', [
  [1, 'validHost', 'string'],
  [2, 'originalRequest', () => ServerReflectionRequest],
  [4, 'fileDescriptorResponse', () => FileDescriptorResponse],
  [5, 'allExtensionNumbersResponse', () => ExtensionNumberResponse],
  [6, 'listServicesResponse', () => ListServiceResponse],
  [7, 'errorResponse', () => ErrorResponse],
]);

export interface FileDescriptorResponse {
  fileDescriptorProto: Uint8Array[];
}
export const FileDescriptorResponse: Codec<FileDescriptorResponse> = message<FileDescriptorResponse>('grpc.reflection.v1.FileDescriptorResponse', [
  [1, 'fileDescriptorProto', 'bytes', 'repeated'],
]);

export interface ExtensionNumberResponse {
  baseTypeName: string;
  extensionNumber: number[];
}
export const ExtensionNumberResponse: Codec<ExtensionNumberResponse> = message<ExtensionNumberResponse>('grpc.reflection.v1.ExtensionNumberResponse', [
  [1, 'baseTypeName', 'string'],
  [2, 'extensionNumber', 'int32', 'repeated'],
]);

export interface ListServiceResponse {
  service: ServiceResponse[];
}
export const ListServiceResponse: Codec<ListServiceResponse> = message<ListServiceResponse>('grpc.reflection.v1.ListServiceResponse', [
  [1, 'service', () => ServiceResponse, 'repeated'],
]);

export interface ServiceResponse {
  name: string;
}
export const ServiceResponse: Codec<ServiceResponse> = message<ServiceResponse>('grpc.reflection.v1.ServiceResponse', [
  [1, 'name', 'string'],
]);

export interface ErrorResponse {
  errorCode: number;
  errorMessage: string;
}
export const ErrorResponse: Codec<ErrorResponse> = message<ErrorResponse>('grpc.reflection.v1.ErrorResponse', [
  [1, 'errorCode', 'int32'],
  [2, 'errorMessage', 'string'],
]);

export const ServerReflection = {
  name: 'grpc.reflection.v1.ServerReflection',
  methods: {
    serverReflectionInfo: { name: 'ServerReflectionInfo', request: ServerReflectionRequest, response: ServerReflectionResponse, requestStream: true, responseStream: true },
  },
} as const;
