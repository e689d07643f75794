/** containerd.services.containers.v1.Containers */
import { invalidArgument } from '@drydock/rpc/errors';
import { type Container, Containers } from '@drydock/rpc/generated/containers';
import { ContainerCreate, ContainerDelete, ContainerUpdate } from '@drydock/rpc/generated/event_payloads';
import { type Implementation, implement } from '@drydock/rpc/service';
import type { Exchange } from '../events/exchange.ts';
import type { Collector } from '../gc/collector.ts';
import type { ContainerStore } from '../metadata/containers.ts';
import { namespaceOf } from '../metadata/identifiers.ts';

export interface ContainersParts {
  readonly containers: ContainerStore;
  readonly exchange: Exchange;
  readonly collector: Collector;
}

export function containersService({ containers, exchange, collector }: ContainersParts): Implementation {
  return implement(Containers, {
    get: ({ id }, call) => ({ container: containers.get(namespaceOf(call), id) }),
    list: ({ filters }, call) => ({ containers: containers.list(namespaceOf(call), filters) }),
    async *listStream({ filters }, call) {
      for (const container of containers.list(namespaceOf(call), filters)) yield { container };
    },
    create: (request, call) => {
      const namespace = namespaceOf(call);
      const container = containers.create(namespace, given(request.container));
      const { id, image, runtime } = container;
      exchange.publish(namespace, '/containers/create', ContainerCreate, { id, image, runtime });
      return { container };
    },
    update: (request, call) => {
      const namespace = namespaceOf(call);
      const wanted = given(request.container);
      if (wanted.id === '') throw invalidArgument('Container.ID required');
      const container = containers.update(namespace, wanted, request.updateMask?.paths ?? []);
      exchange.publish(namespace, '/containers/update', ContainerUpdate, container);
      return { container };
    },
    delete: ({ id }, call) => {
      const namespace = namespaceOf(call);
      containers.delete(namespace, id);
      exchange.publish(namespace, '/containers/delete', ContainerDelete, { id });
      collector.schedule();
      return {};
    },
  });
}

function given(container: Container | undefined): Container {
  if (container === undefined) throw invalidArgument('container is missing: invalid argument');
  return container;
}
