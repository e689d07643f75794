/** `-info`: what this shim and its runtime can do, as containerd asks from 2.0 on. Options on stdin, RuntimeInfo on stdout. */
import { spawnSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { jsonAny, packAny } from '@drydock/rpc/any';
import { Options } from '@drydock/rpc/generated/runc_options';
import { RuntimeInfo } from '@drydock/rpc/generated/runtime_info';
import { chooseRuntime, readOptions } from './options.ts';
import { readAny } from './stdin.ts';
import { version } from './version.ts';

/** The type under which containerd keeps runtime-spec's features structure. */
const featuresType = 'types.containerd.io/opencontainers/runtime-spec/1/features/Features';

/** Prints the answer, in protobuf. Throws if there is no such runtime. */
export function printInfo(): void {
  const given = readAny();
  const options = readOptions(given);
  const { binary } = chooseRuntime(options, '');
  const features = featuresOf(binary);
  const info = {
    name: 'io.containerd.drydock.v2',
    version: { version },
    options: given === undefined ? undefined : packAny(Options, options),
    features: features === undefined ? undefined : jsonAny(featuresType, features),
  };
  writeSync(1, RuntimeInfo.encode(info));
}

/** What `features` prints; undefined from a runtime that has no such command. */
function featuresOf(binary: string): unknown {
  const { error, status, stdout } = spawnSync(binary, ['features'], { encoding: 'utf8' });
  if (error !== undefined) throw new Error(`failed to look up the path of "${binary}": ${error.message}`);
  try {
    return status === 0 ? JSON.parse(stdout) : undefined;
  } catch {
    return undefined;
  }
}
