/** The snapshotters that the conformance tests run: our backends on directories of their own, and any over gRPC. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unmountTree } from '@drydock/linux/mount';
import { type Info, Snapshots } from '@drydock/rpc/generated/snapshots';
import { type GrpcChannel, grpcClient } from '@drydock/rpc/grpc-client';
import type { Test } from 'tap';
import { openStores, temporaryDirectory } from '../test-fixtures.ts';
import type { SnapshotBackend } from './backend.ts';
import { SnapshotStore } from './snapshot-store.ts';
import type { SnapshotApi } from './snapshot-suite.ts';

/** Our store on a backend. */
export function storeApi(store: SnapshotStore, namespace = 'n'): SnapshotApi {
  const scope = { namespace };
  return {
    prepare: (key, parent, labels = {}) => store.prepare(scope, key, parent, labels),
    view: (key, parent, labels = {}) => store.view(scope, key, parent, labels),
    mounts: (key) => store.mounts(scope, key),
    commit: (name, key, labels = {}) => store.commit(scope, name, key, labels),
    remove: async (key) => store.remove(scope, key),
    stat: async (key) => store.stat(scope, key),
    update: async (name, labels, paths) => store.update(scope, { ...emptyInfo, name, labels: { ...labels } }, paths),
    list: async (filters) => store.list(scope, filters),
    usage: async (key) => store.usage(scope, key),
  };
}

/** A store on a new backend, and the backend. */
export function openStore(t: Test, make: (root: string) => SnapshotBackend, root = temporaryDirectory(t)) {
  const backend = make(join(root, 'backend'));
  const store = new SnapshotStore({ ...openStores(t), name: 'tested', backend });
  // Other filesystems than the machine's own do not forget subvolumes and devices with the directory.
  t.teardown(async () => {
    for (const id of await backend.list()) await backend.remove(id);
  });
  return { store, backend };
}

/** A snapshotter of a supervisor, in a namespace that is the case's own. */
export function grpcApi(channel: GrpcChannel, snapshotter: string, namespace: string): SnapshotApi {
  const client = grpcClient(Snapshots, channel, { namespace });
  const root = { 'containerd.io/gc.root': 'test' };
  const stripped = (info: Info | undefined): Info => {
    const { 'containerd.io/gc.root': _, ...labels } = info!.labels;
    return { ...info!, labels };
  };
  return {
    prepare: async (key, parent, labels = {}) =>
      (await client.prepare({ snapshotter, key, parent, labels: { ...root, ...labels } })).mounts,
    view: async (key, parent, labels = {}) =>
      (await client.view({ snapshotter, key, parent, labels: { ...root, ...labels } })).mounts,
    mounts: async (key) => (await client.mounts({ snapshotter, key })).mounts,
    commit: async (name, key, labels = {}) =>
      void (await client.commit({ snapshotter, name, key, labels: { ...root, ...labels } })),
    remove: async (key) => void (await client.remove({ snapshotter, key })),
    stat: async (key) => stripped((await client.stat({ snapshotter, key })).info),
    update: async (name, labels, paths) =>
      stripped(
        (
          await client.update({
            snapshotter,
            info: { ...emptyInfo, name, labels: paths.includes('labels') ? { ...root, ...labels } : { ...labels } },
            updateMask: { paths: [...paths] },
          })
        ).info,
      ),
    list: async (filters) => {
      const infos: Info[] = [];
      for await (const { info } of client.list({ snapshotter, filters: [...filters] })) infos.push(...info);
      return infos;
    },
    usage: (key) => client.usage({ snapshotter, key }),
  };
}

/** A directory on a btrfs of its own, in a file. */
export function btrfsDirectory(t: Test): string {
  const directory = temporaryDirectory(t);
  const [file, place] = [join(directory, 'btrfs'), join(directory, 'mounted')];
  writeFileSync(file, '');
  truncateSync(file, 1 << 30);
  execFileSync('mkfs.btrfs', ['-q', file]);
  mkdirSync(place);
  execFileSync('mount', ['-o', 'loop', file, place]);
  t.teardown(() => unmountTree(place));
  return place;
}

/** Prints which driver passed which case. */
export function printTable(t: Test, table: ReadonlyMap<string, ReadonlyMap<string, boolean>>): void {
  const drivers = [...table.keys()];
  t.comment(`| case | ${drivers.join(' | ')} |`);
  for (const name of [...table.values()][0]?.keys() ?? [])
    t.comment(`| ${name} | ${drivers.map((driver) => (table.get(driver)?.get(name) ? 'ok' : 'FAILED')).join(' | ')} |`);
}

const emptyInfo: Info = {
  name: '',
  parent: '',
  kind: 0,
  createdAt: undefined,
  updatedAt: undefined,
  labels: {},
};
