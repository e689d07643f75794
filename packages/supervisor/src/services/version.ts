/** containerd.services.version.v1.Version */
import { Version } from '@drydock/rpc/generated/version';
import { type Implementation, implement } from '@drydock/rpc/service';
import { revision, version } from '../version.ts';

export function versionService(): Implementation {
  return implement(Version, { version: () => ({ version, revision }) });
}
