/** Which shim runs a container, and with which OCI runtime. */
import { join } from 'node:path';
import { packAny } from '@drydock/rpc/any';
import type { Any } from '@drydock/rpc/generated/google';
import { Options } from '@drydock/rpc/generated/runc_options';
import type { EngineConfig } from '../config/config.ts';
import { badParameter } from '../errors.ts';

/** containerd's name for the shim that runs OCI runtimes. */
export const defaultShim = 'io.containerd.runc.v2';

export interface Runtime {
  readonly name: string;
  readonly options: Any;
}

/** The shim and options for a runtime's name, as `--runtime` gives it. A name such as `io.containerd.x.v2` is a shim's. */
export function runtimeOf(config: EngineConfig, name: string): Runtime {
  const binaryName = config.runtimes.get(name);
  if (binaryName === undefined) throw badParameter(`Unknown runtime specified ${name}`);
  const shim = /^io\.containerd\.[\w-]+\.v\d+$/.test(name) ? name : defaultShim;
  return { name: shim, options: packAny(Options, { binaryName, root: join(config.execRoot, 'runtime') }) };
}
