/**
 * Finds the shim of a runtime. containerd's rule: runtime `io.containerd.NAME.vN` is served by the executable
 * `containerd-shim-NAME-vN`; an absolute path is an executable itself. Ours stands in for runc's.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { quote } from '../metadata/quote.ts';

/** The executable of our own shim. It is launched in a shorter way than containerd's. */
export const ownShim = 'containerd-shim-drydock-v2';
/** The runtime that our own shim stands in for. */
const standsInFor = 'io.containerd.runc.v2';

export interface ShimBinary {
  readonly path: string;
  /** Whether it is our own, which takes its listening socket as descriptor 3. */
  readonly isOwn: boolean;
}

export interface ShimLookup {
  /** Executables by runtime name: these go before any rule. */
  readonly overrides: ReadonlyMap<string, string>;
  /** Directories to look in, first to last. */
  readonly directories: readonly string[];
}

/** The shim of a runtime. Throws an error that says what was looked for. */
export function findShim(runtime: string, { overrides, directories }: ShimLookup): ShimBinary {
  if (runtime === '') throw new Error('failed to resolve runtime path: no runtime name');
  const override = overrides.get(runtime);
  if (override !== undefined) return fromPath(override);
  if (isAbsolute(runtime)) return fromPath(runtime);
  const name = runtime === standsInFor ? ownShim : binaryName(runtime);
  const path = directories.map((directory) => join(directory, name)).find(isExecutable);
  if (path === undefined)
    throw new Error(
      `failed to resolve runtime path: runtime ${quote(runtime)} binary not installed ${quote(name)}: file does not exist`,
    );
  return { path, isOwn: name === ownShim };
}

function fromPath(path: string): ShimBinary {
  if (!existsSync(path))
    throw new Error(
      `failed to resolve runtime path: invalid custom binary path: stat ${path}: no such file or directory`,
    );
  return { path, isOwn: basename(path) === ownShim };
}

function binaryName(runtime: string): string {
  const parts = runtime.split('.');
  const [name, version] = parts.slice(-2);
  if (parts.length < 2 || name === '' || version === '')
    throw new Error(
      `failed to resolve runtime path: invalid runtime name ${runtime}, correct runtime name should be either format like \`io.containerd.runc.v1\` or a full path to the binary`,
    );
  return `containerd-shim-${name}-${version}`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
