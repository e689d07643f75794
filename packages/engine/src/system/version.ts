/** `GET /version`. */
import { release } from 'node:os';
import { hostPlatform } from '@drydock/oci/platform';
import type { Engine } from '../engine.ts';
import { apiVersion, engineVersion, minimumApiVersion } from '../version.ts';
import { containerdVersion } from './containerd-version.ts';

export async function systemVersion(engine: Engine): Promise<object> {
  const containerd = await containerdVersion(engine);
  const details = {
    ApiVersion: apiVersion,
    Arch: hostPlatform.architecture,
    BuildTime: '',
    Experimental: 'false',
    GitCommit: '',
    GoVersion: '',
    KernelVersion: release(),
    MinAPIVersion: minimumApiVersion,
    Os: 'linux',
    NodeVersion: process.version,
  };
  return {
    Platform: { Name: 'drydock' },
    Components: [
      { Name: 'Engine', Version: engineVersion, Details: details },
      { Name: 'containerd', Version: containerd.version, Details: { GitCommit: containerd.revision } },
    ],
    Version: engineVersion,
    ApiVersion: apiVersion,
    MinAPIVersion: minimumApiVersion,
    GitCommit: '',
    GoVersion: '',
    Os: 'linux',
    Arch: hostPlatform.architecture,
    KernelVersion: release(),
    BuildTime: '',
  };
}
