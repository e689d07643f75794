// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Any, Empty, Timestamp } from './google.ts';
import { Status } from './google_rpc.ts';
import { Platform } from './types.ts';

export interface PluginsRequest {
  filters: string[];
}
export const PluginsRequest: Codec<PluginsRequest> = message<PluginsRequest>('containerd.services.introspection.v1.PluginsRequest', [
  [1, 'filters', 'string', 'repeated'],
]);

export interface PluginsResponse {
  plugins: Plugin[];
}
export const PluginsResponse: Codec<PluginsResponse> = message<PluginsResponse>('containerd.services.introspection.v1.PluginsResponse', [
  [1, 'plugins', () => Plugin, 'repeated'],
]);

export interface ServerResponse {
  uuid: string;
  pid: number;
  pidns: number;
  deprecations: DeprecationWarning[];
}
export const ServerResponse: Codec<ServerResponse> = message<ServerResponse>('containerd.services.introspection.v1.ServerResponse', [
  [1, 'uuid', 'string'],
  [2, 'pid', 'uint64'],
  [3, 'pidns', 'uint64'],
  [4, 'deprecations', () => DeprecationWarning, 'repeated'],
]);

export interface DeprecationWarning {
  id: string;
  message: string;
  lastOccurrence: Timestamp | undefined;
}
export const DeprecationWarning: Codec<DeprecationWarning> = message<DeprecationWarning>('containerd.services.introspection.v1.DeprecationWarning', [
  [1, 'id', 'string'],
  [2, 'message', 'string'],
  [3, 'lastOccurrence', () => Timestamp],
]);

export interface PluginInfoRequest {
  type: string;
  id: string;
  options: Any | undefined;
}
export const PluginInfoRequest: Codec<PluginInfoRequest> = message<PluginInfoRequest>('containerd.services.introspection.v1.PluginInfoRequest', [
  [1, 'type', 'string'],
  [2, 'id', 'string'],
  [3, 'options', () => Any],
]);

export interface PluginInfoResponse {
  plugin: Plugin | undefined;
  extra: Any | undefined;
}
export const PluginInfoResponse: Codec<PluginInfoResponse> = message<PluginInfoResponse>('containerd.services.introspection.v1.PluginInfoResponse', [
  [1, 'plugin', () => Plugin],
  [2, 'extra', () => Any],
]);

export interface Plugin {
  type: string;
  id: string;
  requires: string[];
  platforms: Platform[];
  exports: Record<string, string>;
  capabilities: string[];
  initErr: Status | undefined;
}
export const Plugin: Codec<Plugin> = message<Plugin>('containerd.services.introspection.v1.Plugin', [
  [1, 'type', 'string'],
  [2, 'id', 'string'],
  [3, 'requires', 'string', 'repeated'],
  [4, 'platforms', () => Platform, 'repeated'],
  [5, 'exports', 'string', 'map'],
  [6, 'capabilities', 'string', 'repeated'],
  [7, 'initErr', () => Status],
]);

export const Introspection = {
  name: 'containerd.services.introspection.v1.Introspection',
  methods: {
    plugins: { name: 'Plugins', request: PluginsRequest, response: PluginsResponse, requestStream: false, responseStream: false },
    server: { name: 'Server', request: Empty, response: ServerResponse, requestStream: false, responseStream: false },
    pluginInfo: { name: 'PluginInfo', request: PluginInfoRequest, response: PluginInfoResponse, requestStream: false, responseStream: false },
  },
} as const;
