/** containerd.services.introspection.v1.Introspection: what this supervisor is made of, in containerd's plugin terms. */

import { statSync } from 'node:fs';
import { errorCodes, notFound } from '@drydock/rpc/errors';
import { Introspection, type Plugin } from '@drydock/rpc/generated/introspection';
import { type Implementation, implement } from '@drydock/rpc/service';
import { parseFilters } from '../metadata/filters.ts';
import type { Snapshotter } from '../snapshots/snapshotters.ts';

export interface IntrospectionParts {
  /** Identifies the data of this supervisor, made once. */
  readonly uuid: string;
  readonly snapshotters: readonly Snapshotter[];
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

export function introspectionService({ uuid, snapshotters }: IntrospectionParts): Implementation {
  const plugins = [
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
  return implement(Introspection, {
    plugins: ({ filters }) => {
      const filter = parseFilters(filters);
      return {
        plugins: plugins.filter((item) =>
          filter(([field, ...rest]) => {
            if (field === 'type') return item.type;
            if (field === 'id') return item.id;
            return field === 'capabilities' ? item.capabilities.find((name) => name === rest.join('.')) : undefined;
          }),
        ),
      };
    },
    server: () => ({ uuid, pid: process.pid, pidns: statSync('/proc/self/ns/pid').ino, deprecations: [] }),
    pluginInfo: ({ type, id }) => {
      const found = plugins.find((item) => item.type === type && item.id === id);
      if (found === undefined) throw notFound('plugin not found: not found');
      return { plugin: found };
    },
  });
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
