// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Empty } from './google.ts';

export interface VersionResponse {
  version: string;
  revision: string;
}
export const VersionResponse: Codec<VersionResponse> = message<VersionResponse>('containerd.services.version.v1.VersionResponse', [
  [1, 'version', 'string'],
  [2, 'revision', 'string'],
]);

export const Version = {
  name: 'containerd.services.version.v1.Version',
  methods: {
    version: { name: 'Version', request: Empty, response: VersionResponse, requestStream: false, responseStream: false },
  },
} as const;
