/** The engine's parts, which its operations work on. compose.ts makes and connects them. */
import type { Readiness } from '@drydock/linux/readiness';
import type { Logger } from '@drydock/telemetry/logger';
import type { EngineConfig } from './config/config.ts';
import type { Containerd } from './containerd/clients.ts';
import type { BaseLayers } from './containers/base-layer.ts';
import type { ContainerRegistry } from './containers/registry.ts';
import type { Events } from './events/events.ts';
import type { ExecRegistry } from './execs/registry.ts';
import type { HostFacts } from './host.ts';
import type { ImageStore } from './images/image-store.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { NetworkIdentity } from './networks/networks.ts';
import type { VolumeStore } from './volumes/volume-store.ts';

export interface Engine {
  readonly config: EngineConfig;
  readonly host: HostFacts;
  readonly logger: Logger;
  readonly containerd: Containerd;
  readonly images: ImageStore;
  readonly containers: ContainerRegistry;
  readonly baseLayers: BaseLayers;
  readonly execs: ExecRegistry;
  readonly volumes: VolumeStore;
  readonly networks: readonly NetworkIdentity[];
  /** Names this engine for ever. */
  readonly id: string;
  readonly events: Events;
  readonly jobs: Jobs;
  /** Tells when a container has written something. */
  readonly readiness: Readiness;
}
