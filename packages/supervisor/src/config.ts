/**
 * containerd's configuration file, in TOML: version 2, and the old form without a version that dockerd writes. Only the
 * keys that the supervisor has a use for are read, of the plugins those of snapshotters; the others are accepted.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { z } from 'zod';
import type { RequiredPlugins } from './plugins.ts';

const Config = z.looseObject({
  version: z.number().int().min(0).max(2).optional(),
  root: z.string().optional(),
  state: z.string().optional(),
  grpc: z.looseObject({ address: z.string().optional() }).optional(),
  debug: z.looseObject({ level: z.string().optional() }).optional(),
  timeouts: z.record(z.string(), z.string()).optional(),
  disabled_plugins: z.array(z.string()).optional(),
  required_plugins: z.array(z.string()).optional(),
  plugins: z.record(z.string(), z.looseObject({})).optional(),
});

export interface SupervisorConfig {
  readonly address?: string | undefined;
  readonly root?: string | undefined;
  readonly state?: string | undefined;
  readonly logLevel?: string | undefined;
  /** Deadlines by name, as Go writes durations. */
  readonly timeouts?: Readonly<Record<string, string>> | undefined;
  /** Tables of snapshotters by name, and the names of those that are turned off. */
  readonly snapshotters: { readonly config: Readonly<Record<string, unknown>>; readonly disabled: readonly string[] };
  readonly required: RequiredPlugins;
}

export const emptyConfig: SupervisorConfig = {
  snapshotters: { config: {}, disabled: [] },
  required: { names: [], areWhole: true },
};

/** Parts that a plugin's whole name has at least, such as io.containerd.grpc.v1.images. */
const nameParts = 4;

/** What a snapshotter's plugin is called, before its name. */
const snapshotterPrefix = 'io.containerd.snapshotter.v1.';

/** Reads a configuration file. Throws an error that names the file and the field. */
export function readConfig(path: string): SupervisorConfig {
  const text = readFileSync(path, 'utf8');
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new Error(`failed to load TOML: ${path}: ${(error as Error).message}`, { cause: error });
  }
  const result = Config.safeParse(document);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new Error(`${path}: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { root, state, grpc, debug, timeouts, plugins = {}, disabled_plugins: disabled = [] } = result.data;
  const { version = 1, required_plugins: required = [] } = result.data;
  const areWhole = version >= 2;
  if (areWhole) checkNames(path, { disabled, required });
  const ofSnapshotter = (name: string): string[] =>
    name.startsWith(snapshotterPrefix) ? [name.slice(snapshotterPrefix.length)] : [];
  const given = (value: string | undefined): string | undefined => (value === '' ? undefined : value);
  return {
    root: given(root),
    state: given(state),
    address: given(grpc?.address),
    logLevel: given(debug?.level),
    timeouts,
    snapshotters: {
      config: Object.fromEntries(
        Object.entries(plugins).flatMap(([name, table]) => ofSnapshotter(name).map((short) => [short, table])),
      ),
      disabled: disabled.flatMap(ofSnapshotter),
    },
    required: { names: required, areWhole },
  };
}

function checkNames(path: string, lists: Readonly<Record<string, readonly string[]>>): void {
  for (const [kind, names] of Object.entries(lists))
    for (const name of names)
      if (name.split('.').length < nameParts)
        throw new Error(
          `failed to load TOML from ${path}: invalid ${kind} plugin URI ${JSON.stringify(name)} expect io.containerd.x.vx`,
        );
}
