/**
 * What every snapshot backend must do: run by the test of each, through the store. What a client sees is what counts, so the
 * suite mounts what it is told to mount.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mount, unmountTree } from '@drydock/linux/mount';
import { Kind } from '@drydock/rpc/generated/snapshots';
import type { Mount } from '@drydock/rpc/generated/types';
import type { Test } from 'tap';
import { fault } from '../test-faults.ts';
import { openStores, temporaryDirectory } from '../test-fixtures.ts';
import type { SnapshotBackend } from './backend.ts';
import { SnapshotStore } from './snapshot-store.ts';

const scope = { namespace: 'n' };

/** Runs the suite on backends that `make` makes in an empty directory. */
export function snapshotSuite(t: Test, make: (root: string) => SnapshotBackend): void {
  const open = (test: Test) => {
    const parts = openStores(test);
    const backend = make(join(parts.root, 'backend'));
    return { ...parts, store: new SnapshotStore({ ...parts, name: 'tested', backend }), backend };
  };

  t.test('layers on layers', (t) => {
    const { store } = open(t);
    within(t, store.prepare(scope, 'work1', '', {}), (root) => {
      writeFileSync(join(root, 'base'), 'base');
      mkdirSync(join(root, 'dir'));
      writeFileSync(join(root, 'dir/gone'), '');
    });
    store.commit(scope, 'layer1', 'work1', {});
    within(t, store.prepare(scope, 'work2', 'layer1', {}), (root) => {
      t.equal(readFileSync(join(root, 'base'), 'utf8'), 'base');
      writeFileSync(join(root, 'base'), 'changed');
      rmSync(join(root, 'dir/gone'));
    });
    store.commit(scope, 'layer2', 'work2', {});
    const look = (mounts: Mount[], expected: string) =>
      within(t, mounts, (root) => {
        t.equal(readFileSync(join(root, 'base'), 'utf8'), expected);
        t.same(readdirSync(join(root, 'dir')), expected === 'base' ? ['gone'] : []);
      });
    look(store.view(scope, 'view1', 'layer1', {}), 'base');
    look(store.view(scope, 'view2', 'layer2', {}), 'changed');
    within(t, store.mounts(scope, 'view2'), (root) => {
      t.throws(() => writeFileSync(join(root, 'new'), ''), fault({ code: 'EROFS' }), 'a view is read-only');
    });
    t.end();
  });

  t.test('states and their errors', (t) => {
    const { store } = open(t);
    store.prepare(scope, 'a', '', { l: 'v' });
    t.match(store.stat(scope, 'a'), { name: 'a', parent: '', kind: Kind.ACTIVE, labels: { l: 'v' } });
    t.throws(() => store.prepare(scope, 'a', '', {}), { message: 'snapshot "a": already exists' });
    t.throws(() => store.prepare(scope, 'b', 'none', {}), {
      message: 'parent snapshot none does not exist: not found',
    });
    t.throws(
      () => store.prepare(scope, 'b', 'a', {}),
      fault({ kind: 'invalid argument' }),
      'a parent must be committed',
    );
    store.commit(scope, 'A', 'a', {});
    t.throws(() => store.stat(scope, 'a'), { message: 'snapshot a does not exist: not found' });
    t.match(store.stat(scope, 'A'), { kind: Kind.COMMITTED });
    t.throws(() => store.mounts(scope, 'A'), fault({ kind: 'failed precondition' }));
    store.view(scope, 'v', 'A', {});
    t.match(store.stat(scope, 'v'), { parent: 'A', kind: Kind.VIEW });
    t.throws(
      () => store.commit(scope, 'V', 'v', {}),
      fault({ kind: 'failed precondition' }),
      'a view cannot be committed',
    );
    t.throws(() => store.remove(scope, 'A'), { message: 'cannot remove snapshot with child: failed precondition' });
    t.same(
      store.list(scope, ['kind==View', 'name==A']).map(({ name }) => name),
      ['A', 'v'],
    );
    store.prepare(scope, 'c', 'A', {});
    t.throws(() => store.commit(scope, 'A', 'c', {}), { message: 'snapshot "A": already exists' });
    t.throws(
      () => store.stat({ namespace: 'other' }, 'A'),
      fault({ kind: 'not found' }),
      'namespaces do not see each other',
    );
    t.end();
  });

  t.test('usage, and removal of files', async (t) => {
    const { store, backend } = open(t);
    within(t, store.prepare(scope, 'a', '', {}), (root) => writeFileSync(join(root, 'file'), Buffer.alloc(100_000)));
    const usage = await store.usage(scope, 'a');
    t.ok(usage.size >= 100_000 && usage.size < 200_000, 'bytes on disk');
    t.equal(usage.inodes, 2);
    store.commit(scope, 'A', 'a', {});
    t.same(await store.usage(scope, 'A'), usage);
    store.remove(scope, 'A');
    t.equal((await backend.list()).length, 1, 'files stay until the clean-up');
    await store.cleanup();
    t.same(await backend.list(), []);
  });
}

/** Does something where a client would see the snapshot. */
function within(t: Test, mounts: readonly Mount[], action: (root: string) => void): void {
  const directory = temporaryDirectory(t);
  for (const spec of mounts) mount(spec, directory);
  try {
    action(directory);
  } finally {
    unmountTree(directory);
  }
}
