/** The engine's settings after flags and daemon.json were read. */
import type { RegistrySettings } from '../images/registry/hosts.ts';

/** A resource limit as `--default-ulimit` and `--ulimit` give it. */
export interface Ulimit {
  readonly Name: string;
  readonly Soft: number;
  readonly Hard: number;
}

export interface EngineConfig {
  /** Where the API is served: `unix://PATH` or `tcp://HOST:PORT`. */
  readonly hosts: readonly string[];
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly pidfile: string;
  /** The containerd to use; without one the engine starts its own supervisor. */
  readonly containerd: string | undefined;
  readonly supervisorRoot: string;
  readonly namespace: string;
  readonly snapshotter: string;
  /** OCI runtimes by name: the path of the binary, empty for the shim's own choice. */
  readonly runtimes: ReadonlyMap<string, string>;
  readonly defaultRuntime: string;
  readonly registries: RegistrySettings;
  readonly labels: readonly string[];
  readonly defaultUlimits: readonly Ulimit[];
  /** Give every container an init process unless it says otherwise. */
  readonly init: boolean;
  readonly initPath: string;
  /** Leave containers running when the engine is stopped. */
  readonly liveRestore: boolean;
  /** Seconds that containers get to stop when the engine does. */
  readonly shutdownTimeout: number;
  readonly debug: boolean;
  readonly logLevel: string;
  readonly defaultShmSize: number;
  readonly logDriver: string;
  readonly logOptions: Readonly<Record<string, string>>;
}
