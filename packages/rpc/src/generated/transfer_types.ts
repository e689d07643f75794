// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Timestamp } from './google.ts';
import { Descriptor, Platform } from './types.ts';

export interface OCIRegistry {
  reference: string;
  resolver: RegistryResolver | undefined;
}
export const OCIRegistry: Codec<OCIRegistry> = message<OCIRegistry>('containerd.types.transfer.OCIRegistry', [
  [1, 'reference', 'string'],
  [2, 'resolver', () => RegistryResolver],
]);

export interface RegistryResolver {
  authStream: string;
  headers: Record<string, string>;
  hostDir: string;
  defaultScheme: string;
  httpDebug: number;
  logsStream: string;
}
export const RegistryResolver: Codec<RegistryResolver> = message<RegistryResolver>('containerd.types.transfer.RegistryResolver', [
  [1, 'authStream', 'string'],
  [2, 'headers', 'string', 'map'],
  [3, 'hostDir', 'string'],
  [4, 'defaultScheme', 'string'],
  [5, 'httpDebug', 'int32'],
  [6, 'logsStream', 'string'],
]);

export interface AuthRequest {
  host: string;
  reference: string;
  wwwauthenticate: string[];
}
export const AuthRequest: Codec<AuthRequest> = message<AuthRequest>('containerd.types.transfer.AuthRequest', [
  [1, 'host', 'string'],
  [2, 'reference', 'string'],
  [3, 'wwwauthenticate', 'string', 'repeated'],
]);

export const AuthType = {
  NONE: 0,
  CREDENTIALS: 1,
  REFRESH: 2,
  HEADER: 3,
} as const;

export interface AuthResponse {
  authType: number;
  secret: string;
  username: string;
  expireAt: Timestamp | undefined;
}
export const AuthResponse: Codec<AuthResponse> = message<AuthResponse>('containerd.types.transfer.AuthResponse', [
  [1, 'authType', 'int32'],
  [2, 'secret', 'string'],
  [3, 'username', 'string'],
  [4, 'expireAt', () => Timestamp],
]);

export interface ImageStore {
  name: string;
  labels: Record<string, string>;
  platforms: Platform[];
  allMetadata: boolean;
  manifestLimit: number;
  extraReferences: ImageReference[];
  unpacks: UnpackConfiguration[];
}
export const ImageStore: Codec<ImageStore> = message<ImageStore>('containerd.types.transfer.ImageStore', [
  [1, 'name', 'string'],
  [2, 'labels', 'string', 'map'],
  [3, 'platforms', () => Platform, 'repeated'],
  [4, 'allMetadata', 'bool'],
  [5, 'manifestLimit', 'uint32'],
  [6, 'extraReferences', () => ImageReference, 'repeated'],
  [10, 'unpacks', () => UnpackConfiguration, 'repeated'],
]);

export interface UnpackConfiguration {
  platform: Platform | undefined;
  snapshotter: string;
}
export const UnpackConfiguration: Codec<UnpackConfiguration> = message<UnpackConfiguration>('containerd.types.transfer.UnpackConfiguration', [
  [1, 'platform', () => Platform],
  [2, 'snapshotter', 'string'],
]);

export interface ImageReference {
  name: string;
  isPrefix: boolean;
  allowOverwrite: boolean;
  addDigest: boolean;
  skipNamedDigest: boolean;
}
export const ImageReference: Codec<ImageReference> = message<ImageReference>('containerd.types.transfer.ImageReference', [
  [1, 'name', 'string'],
  [2, 'isPrefix', 'bool'],
  [3, 'allowOverwrite', 'bool'],
  [4, 'addDigest', 'bool'],
  [5, 'skipNamedDigest', 'bool'],
]);

export interface ImageImportStream {
  stream: string;
  mediaType: string;
  forceCompress: boolean;
}
export const ImageImportStream: Codec<ImageImportStream> = message<ImageImportStream>('containerd.types.transfer.ImageImportStream', [
  [1, 'stream', 'string'],
  [2, 'mediaType', 'string'],
  [3, 'forceCompress', 'bool'],
]);

export interface ImageExportStream {
  stream: string;
  mediaType: string;
  platforms: Platform[];
  allPlatforms: boolean;
  skipCompatibilityManifest: boolean;
  skipNonDistributable: boolean;
}
export const ImageExportStream: Codec<ImageExportStream> = message<ImageExportStream>('containerd.types.transfer.ImageExportStream', [
  [1, 'stream', 'string'],
  [2, 'mediaType', 'string'],
  [3, 'platforms', () => Platform, 'repeated'],
  [4, 'allPlatforms', 'bool'],
  [5, 'skipCompatibilityManifest', 'bool'],
  [6, 'skipNonDistributable', 'bool'],
]);

export interface Progress {
  event: string;
  name: string;
  parents: string[];
  progress: number;
  total: number;
  desc: Descriptor | undefined;
}
export const Progress: Codec<Progress> = message<Progress>('containerd.types.transfer.Progress', [
  [1, 'event', 'string'],
  [2, 'name', 'string'],
  [3, 'parents', 'string', 'repeated'],
  [4, 'progress', 'int64'],
  [5, 'total', 'int64'],
  [6, 'desc', () => Descriptor],
]);

export interface Data {
  data: Uint8Array;
}
export const Data: Codec<Data> = message<Data>('containerd.types.transfer.Data', [
  [1, 'data', 'bytes'],
]);

export interface WindowUpdate {
  update: number;
}
export const WindowUpdate: Codec<WindowUpdate> = message<WindowUpdate>('containerd.types.transfer.WindowUpdate', [
  [1, 'update', 'int32'],
]);
