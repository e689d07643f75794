/** containerd.services.events.v1.Events, and its ttrpc form, which shims forward their events to. */
import { encodingOnce } from '@drydock/rpc/codec';
import { RpcError, toRpcError } from '@drydock/rpc/errors';
import { Events } from '@drydock/rpc/generated/events';
import { Events as TtrpcEvents } from '@drydock/rpc/generated/events_ttrpc';
import { type CallContext, type Implementation, implement } from '@drydock/rpc/service';
import type { Exchange } from '../events/exchange.ts';
import { namespaceOf } from '../metadata/identifiers.ts';
import type { TaskManager } from '../tasks/task-manager.ts';

const { subscribe } = Events.methods;
/** An event goes to every subscriber. */
const service = {
  ...Events,
  methods: { ...Events.methods, subscribe: { ...subscribe, response: encodingOnce(subscribe.response) } },
};

export function eventsService(exchange: Exchange): Implementation {
  return implement(service, {
    publish: ({ topic, event }, call) => {
      exchange.publishAny(publisherOf(call), topic, event);
      return {};
    },
    forward: ({ envelope }) => {
      exchange.forward(envelope);
      return {};
    },
    subscribe: ({ filters }, { signal }) => exchange.subscribe(filters, signal),
  });
}

/** The namespace that an event is published to, with containerd's words if it is none. */
function publisherOf(call: CallContext): string {
  try {
    return namespaceOf(call);
  } catch (error) {
    const { kind, message } = toRpcError(error);
    throw new RpcError(kind, `failed publishing event: ${message}`, { cause: error });
  }
}

export function shimEventsService(exchange: Exchange, tasks: TaskManager): Implementation {
  return implement(TtrpcEvents, {
    forward: ({ envelope }) => {
      if (envelope === undefined || !tasks.isRepeated(envelope)) exchange.forward(envelope);
      return {};
    },
  });
}
