/** What a client says of a task that it has made. */
import type { Any } from '@drydock/rpc/generated/google';
import type { Mount } from '@drydock/rpc/generated/types';

/** What a task is made of, besides its container's record. */
export interface TaskOptions {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly terminal: boolean;
  readonly rootfs: readonly Mount[];
  readonly options: Any | undefined;
  /** The directory of a checkpoint to restore; empty for none. */
  readonly checkpoint: string;
  /** An executable to use instead of the runtime's shim; empty for that. */
  readonly runtimePath: string;
}
