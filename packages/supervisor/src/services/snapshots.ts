/** containerd.services.snapshots.v1.Snapshots */
import { invalidArgument } from '@drydock/rpc/errors';
import { SnapshotCommit, SnapshotPrepare, SnapshotRemove } from '@drydock/rpc/generated/event_payloads';
import { type Info, Snapshots } from '@drydock/rpc/generated/snapshots';
import { type CallContext, type Implementation, implement } from '@drydock/rpc/service';
import type { Exchange } from '../events/exchange.ts';
import type { Collector } from '../gc/collector.ts';
import { namespaceOf } from '../metadata/identifiers.ts';
import type { Scope, SnapshotStore } from '../snapshots/snapshot-store.ts';

/** Infos in one message of a list. */
const blockSize = 100;

export interface SnapshotsParts {
  /** The stores by the snapshotter's name. */
  readonly stores: ReadonlyMap<string, SnapshotStore>;
  /** What to use in place of a snapshotter that has no store. */
  readonly hints: ReadonlyMap<string, string>;
  readonly exchange: Exchange;
  readonly collector: Collector;
}

export function snapshotsService({ stores, hints, exchange, collector }: SnapshotsParts): Implementation {
  const storeOf = (name: string): SnapshotStore => {
    if (name === '') throw invalidArgument('snapshotter argument missing: invalid argument');
    const store = stores.get(name);
    if (store !== undefined) return store;
    const hint = hints.get(name);
    throw invalidArgument(
      `snapshotter not loaded: ${hint === undefined ? name : `${name}: ${hint}`}: invalid argument`,
    );
  };
  return implement(Snapshots, {
    prepare: async ({ snapshotter, key, parent, labels }, call) => {
      const store = storeOf(snapshotter);
      const scope = scopeOf(call);
      const mounts = await store.prepare(scope, key, parent, labels);
      exchange.publish(scope.namespace, '/snapshot/prepare', SnapshotPrepare, { key, parent });
      return { mounts };
    },
    view: async ({ snapshotter, key, parent, labels }, call) => ({
      mounts: await storeOf(snapshotter).view(scopeOf(call), key, parent, labels),
    }),
    mounts: async ({ snapshotter, key }, call) => ({
      mounts: await storeOf(snapshotter).mounts(scopeOf(call), key),
    }),
    commit: async ({ snapshotter, name, key, labels }, call) => {
      const store = storeOf(snapshotter);
      const scope = scopeOf(call);
      await store.commit(scope, name, key, labels);
      exchange.publish(scope.namespace, '/snapshot/commit', SnapshotCommit, { key, name });
      return {};
    },
    remove: ({ snapshotter, key }, call) => {
      const store = storeOf(snapshotter);
      const scope = scopeOf(call);
      store.remove(scope, key);
      exchange.publish(scope.namespace, '/snapshot/remove', SnapshotRemove, { key });
      collector.schedule();
      return {};
    },
    stat: ({ snapshotter, key }, call) => ({ info: storeOf(snapshotter).stat(scopeOf(call), key) }),
    update: ({ snapshotter, info, updateMask }, call) => ({
      info: storeOf(snapshotter).update(scopeOf(call), given(info), updateMask?.paths ?? []),
    }),
    async *list({ snapshotter, filters }, call) {
      const infos = storeOf(snapshotter).list(scopeOf(call), filters);
      for (let at = 0; at < infos.length; at += blockSize) yield { info: infos.slice(at, at + blockSize) };
    },
    usage: ({ snapshotter, key }, call) => storeOf(snapshotter).usage(scopeOf(call), key),
    cleanup: async ({ snapshotter }) => {
      await storeOf(snapshotter).cleanup();
      return {};
    },
  });
}

function scopeOf(call: CallContext): Scope {
  return { namespace: namespaceOf(call), lease: call.lease };
}

function given(info: Info | undefined): Info {
  if (info === undefined) throw invalidArgument('snapshot info is missing: invalid argument');
  return info;
}
