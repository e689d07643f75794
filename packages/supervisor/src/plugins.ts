/** The parts of this supervisor, under the names that containerd's plugins of the same purpose have. */
import { errorCodes } from '@drydock/rpc/errors';
import type { Plugin } from '@drydock/rpc/generated/introspection';
import type { Snapshotter } from './snapshots/snapshotters.ts';

/** What the configuration says must be there. */
export interface RequiredPlugins {
  readonly names: readonly string[];
  /** Whether a name is the whole of it, type and id, as from version 2 of the configuration on, or the id alone. */
  readonly areWhole: boolean;
}

const services = [
  'containers',
  'content',
  'diff',
  'events',
  'images',
  'introspection',
  'leases',
  'namespaces',
  'snapshots',
  'streaming',
  'tasks',
  'transfer',
  'version',
  'healthcheck',
];

/** All parts, with the error of each that does not work here. */
export function pluginsOf(snapshotters: readonly Snapshotter[]): Plugin[] {
  return [
    plugin('io.containerd.content.v1', 'content'),
    ...snapshotters.map(({ name, root, problem }) =>
      plugin('io.containerd.snapshotter.v1', name, {
        platforms: [platform()],
        exports: root === undefined ? {} : { root },
        initErr: problem === undefined ? undefined : { code: errorCodes.unknown, message: problem, details: [] },
      }),
    ),
    plugin('io.containerd.metadata.v1', 'bolt'),
    plugin('io.containerd.differ.v1', 'walking', { platforms: [platform()] }),
    plugin('io.containerd.event.v1', 'exchange'),
    plugin('io.containerd.gc.v1', 'scheduler'),
    plugin('io.containerd.lease.v1', 'manager'),
    plugin('io.containerd.runtime.v2', 'task', { platforms: [platform()] }),
    plugin('io.containerd.runtime.v2', 'shim'),
    plugin('io.containerd.streaming.v1', 'manager'),
    plugin('io.containerd.transfer.v1', 'local'),
    ...services.map((name) => plugin('io.containerd.grpc.v1', name)),
  ];
}

/** Throws, in containerd's words, if a part that must be there is not or does not work. */
export function requirePlugins(plugins: readonly Plugin[], { names, areWhole }: RequiredPlugins): void {
  const missing: string[] = [];
  for (const name of names) {
    const found = plugins.filter((each) => (areWhole ? uriOf(each) : each.id) === name);
    const broken = found.find(({ initErr }) => initErr !== undefined);
    if (broken !== undefined) throw new Error(`load required plugin ${uriOf(broken)}: ${broken.initErr?.message}`);
    if (found.length === 0) missing.push(name);
  }
  if (missing.length > 0) throw new Error(`required plugin [${missing.join(' ')}] not included`);
}

function uriOf({ type, id }: Plugin): string {
  return `${type}.${id}`;
}

function plugin(type: string, id: string, more: Partial<Plugin> = {}): Plugin {
  return { type, id, requires: [], platforms: [], exports: {}, capabilities: [], initErr: undefined, ...more };
}

/** This machine, in Go's names. */
function platform(): { os: string; architecture: string; variant: string } {
  return process.arch === 'arm64'
    ? { os: 'linux', architecture: 'arm64', variant: 'v8' }
    : { os: 'linux', architecture: 'amd64', variant: '' };
}
