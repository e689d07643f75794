/** What is stored about a container: its settings, its state, what was made for it. */
import type { ContainerConfig } from '../api/schemas/container-config.ts';
import type { HostConfig } from '../api/schemas/host-config.ts';
import { zeroTime } from '../clock.ts';

/** A mount that the user asked for or the image declares; Docker calls it a mount point. */
export interface MountPoint {
  readonly type: 'bind' | 'volume' | 'tmpfs';
  /** The volume's name. */
  readonly name: string;
  /** Where it comes from on this machine; empty for a tmpfs. */
  readonly source: string;
  readonly destination: string;
  readonly driver: string;
  /** The options as written, such as `z` or `ro`. */
  readonly mode: string;
  readonly rw: boolean;
  readonly propagation: string;
  readonly nonRecursive: boolean;
  /** Fill an empty volume with what the image has at the destination. */
  readonly copyData: boolean;
  /** Make the source directory if it is missing. */
  readonly createSource: boolean;
  /** The container made it without a name: it goes with the container. */
  readonly anonymous: boolean;
  /** mount(8) options of a tmpfs. */
  readonly tmpfsOptions: readonly string[];
}

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

export interface ContainerState {
  readonly status: ContainerStatus;
  /** The first process, 0 if there is none. */
  readonly pid: number;
  readonly exitCode: number;
  readonly error: string;
  readonly oomKilled: boolean;
  readonly startedAt: string;
  readonly finishedAt: string;
}

export const initialState: ContainerState = {
  status: 'created',
  pid: 0,
  exitCode: 0,
  error: '',
  oomKilled: false,
  startedAt: zeroTime,
  finishedAt: zeroTime,
};

export interface ContainerRecord {
  readonly id: string;
  /** Without the slash that Docker shows before it. */
  readonly name: string;
  readonly createdAt: string;
  /** What is run: entry point and command together. */
  readonly path: string;
  readonly args: readonly string[];
  readonly imageId: string;
  /** The image's snapshot that the container's own stands on. */
  readonly chainId: string;
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  readonly mounts: readonly MountPoint[];
  readonly state: ContainerState;
  readonly restartCount: number;
  /** Stopped by a person: a restart policy does not start it again. */
  readonly stoppedByUser: boolean;
  /** Names the network sandbox of the present or last run. */
  readonly sandboxId: string;
}
