/** containerd.services.introspection.v1.Introspection: what this supervisor is made of, in containerd's plugin terms. */
import { statSync } from 'node:fs';
import { notFound } from '@drydock/rpc/errors';
import { Introspection, type Plugin } from '@drydock/rpc/generated/introspection';
import { type Implementation, implement } from '@drydock/rpc/service';
import { parseFilters } from '../metadata/filters.ts';

export interface IntrospectionParts {
  /** Identifies the data of this supervisor, made once. */
  readonly uuid: string;
  readonly plugins: readonly Plugin[];
}

export function introspectionService({ uuid, plugins }: IntrospectionParts): Implementation {
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
