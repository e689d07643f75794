/** The task's options: which runtime, and how (containerd.runc.v1.Options). */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { holds, unpackAny } from '@drydock/rpc/any';
import type { Any } from '@drydock/rpc/generated/google';
import { Options } from '@drydock/rpc/generated/runc_options';

/** What of the options the shim needs again after the container's creation. */
export interface RuntimeChoice {
  /** The runtime's executable: a path, or a name on the PATH. */
  readonly binary: string;
  /** The runtime's `--root`, the namespace's folder included. */
  readonly root: string;
  /** The runtime's `--criu`: the criu to use; '' for the one on the PATH. */
  readonly criu: string;
  readonly systemdCgroup: boolean;
}

/** Where runtimes keep their state unless the options say otherwise. */
const defaultRoot = '/run/drydock/runtime';

/** The options in a request; all defaults if there are none or they are of another type. */
export function readOptions(any: Any | undefined): Options {
  return any !== undefined && holds(any, Options) ? unpackAny(Options, any) : Options.decode(new Uint8Array(0));
}

/** The runtime that the options name, ours by default: the one beside this program, else from the PATH. */
export function chooseRuntime(options: Options, namespace: string): RuntimeChoice {
  return {
    binary: options.binaryName || defaultRuntime(),
    root: join(options.root || defaultRoot, namespace),
    criu: options.criuPath,
    systemdCgroup: options.systemdCgroup,
  };
}

/** Keeps the options in the bundle for `delete`, in the files that containerd's own shim uses. */
export function saveOptions(bundle: string, options: Options): void {
  const names = Object.entries(options).filter(([, value]) => value !== '' && value !== 0 && value !== false);
  const json = Object.fromEntries(names.map(([name, value]) => [snakeCase(name), value]));
  writeFileSync(join(bundle, 'options.json'), JSON.stringify(json), { mode: 0o600 });
  writeFileSync(join(bundle, 'runtime'), options.binaryName, { mode: 0o600 });
}

/** The options that a bundle was created with; defaults if it never got that far. */
export function loadOptions(bundle: string): Options {
  const path = join(bundle, 'options.json');
  const defaults = readOptions(undefined);
  if (!existsSync(path)) return defaults;
  const json = JSON.parse(readFileSync(path, 'utf8'));
  const known = Object.keys(defaults).filter((name) => snakeCase(name) in json);
  return { ...defaults, ...Object.fromEntries(known.map((name) => [name, json[snakeCase(name)]])) };
}

/** A field's name as it is in the protocol. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function defaultRuntime(): string {
  const beside = join(dirname(process.execPath), 'drydock-runtime');
  return existsSync(beside) ? beside : 'drydock-runtime';
}
