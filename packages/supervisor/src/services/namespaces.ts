/** containerd.services.namespaces.v1.Namespaces */
import { invalidArgument } from '@drydock/rpc/errors';
import { NamespaceCreate, NamespaceDelete, NamespaceUpdate } from '@drydock/rpc/generated/event_payloads';
import { type Namespace, Namespaces } from '@drydock/rpc/generated/namespaces';
import { type Implementation, implement } from '@drydock/rpc/service';
import type { Exchange } from '../events/exchange.ts';
import type { NamespaceStore } from '../metadata/namespaces.ts';

export function namespacesService(store: NamespaceStore, exchange: Exchange): Implementation {
  return implement(Namespaces, {
    get: ({ name }) => ({ namespace: store.get(name) }),
    list: () => ({ namespaces: store.list() }),
    create: (request) => {
      const namespace = store.create(required(request.namespace));
      exchange.publish(namespace.name, '/namespaces/create', NamespaceCreate, namespace);
      return { namespace };
    },
    // containerd answers an empty namespace, and its clients expect no more.
    update: ({ namespace: given, updateMask }) => {
      const namespace = store.update(required(given), updateMask?.paths ?? []);
      exchange.publish(namespace.name, '/namespaces/update', NamespaceUpdate, required(given));
      return { namespace: {} };
    },
    delete: ({ name }) => {
      store.delete(name);
      exchange.publish(name, '/namespaces/delete', NamespaceDelete, { name });
      return {};
    },
  });
}

function required(namespace: Namespace | undefined): Namespace {
  if (namespace === undefined) throw invalidArgument('namespace is missing: invalid argument');
  return namespace;
}
