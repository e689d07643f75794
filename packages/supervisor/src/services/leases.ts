/** containerd.services.leases.v1.Leases */
import { Leases } from '@drydock/rpc/generated/leases';
import { type Implementation, implement } from '@drydock/rpc/service';
import type { Collector } from '../gc/collector.ts';
import { namespaceOf } from '../metadata/identifiers.ts';
import type { LeaseStore } from '../metadata/leases.ts';

export function leasesService(leases: LeaseStore, collector: Collector): Implementation {
  return implement(Leases, {
    create: ({ id, labels }, call) => ({ lease: leases.create(namespaceOf(call), id, labels) }),
    delete: async ({ id, sync }, call) => {
      leases.delete(namespaceOf(call), id);
      if (sync) await collector.collect();
      else collector.schedule();
      return {};
    },
    list: ({ filters }, call) => ({ leases: leases.list(namespaceOf(call), filters) }),
    addResource: ({ id, resource = { id: '', type: '' } }, call) => {
      leases.addResource(namespaceOf(call), id, resource);
      return {};
    },
    deleteResource: ({ id, resource = { id: '', type: '' } }, call) => {
      leases.deleteResource(namespaceOf(call), id, resource);
      collector.schedule();
      return {};
    },
    listResources: ({ id }, call) => ({ resources: leases.listResources(namespaceOf(call), id) }),
  });
}
