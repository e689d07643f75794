/** What of the store clients do not see: places that no record knows. */
import { existsSync } from 'node:fs';
import t, { type Test } from 'tap';
import { fault } from '../test-faults.ts';
import { NativeBackend } from './native-backend.ts';
import { openStore } from './test-drivers.ts';

const scope = { namespace: 'n' };
const open = (t: Test) => openStore(t, (root) => new NativeBackend(root));

t.test('files go with the clean-up, not with the removal', async (t) => {
  const { store, backend } = open(t);
  await store.prepare(scope, 'a', '', {});
  await store.cleanup();
  t.equal((await backend.list()).length, 1);
  store.remove(scope, 'a');
  t.equal((await backend.list()).length, 1);
  await store.cleanup();
  t.same(await backend.list(), []);
});

t.test('what a killed supervisor left half made is removed, and nobody sees it', async (t) => {
  const { store, backend } = open(t);
  await backend.make({ id: 1, writable: true, parents: [] });
  await backend.make({ id: 7, writable: true, parents: [] });
  t.same(store.list(scope, []), []);
  await store.prepare(scope, 'a', '', {});
  await store.cleanup();
  t.same(await backend.list(), [1]);
});

t.test('what cannot be made leaves nothing', async (t) => {
  const { store, backend } = open(t);
  const make = backend.make.bind(backend);
  backend.make = async (place) => {
    await make(place);
    throw new Error('no space left');
  };
  await t.rejects(store.prepare(scope, 'a', '', {}), { message: 'no space left' });
  t.throws(() => store.stat(scope, 'a'), fault({ kind: 'not found' }));
  t.same(await backend.list(), []);
});

t.test('what cannot be removed keeps nothing else', async (t) => {
  const { store, backend } = open(t);
  for (const id of [1, 2, 3]) await backend.make({ id, writable: true, parents: [] });
  const remove = backend.remove.bind(backend);
  backend.remove = async (id) => {
    if (id === 2) throw new Error('busy');
    await remove(id);
  };
  await t.rejects(store.cleanup(), { message: 'busy' });
  t.same(await backend.list(), [2]);
  backend.remove = remove;
});

t.test('a parent stays while a snapshot is made on it', async (t) => {
  const { store, backend } = open(t);
  await store.prepare(scope, 'a', '', {});
  await store.commit(scope, 'A', 'a', {});
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const make = backend.make.bind(backend);
  backend.make = async (place) => {
    begun.resolve();
    await goOn.promise;
    await make(place);
  };
  const made = store.prepare(scope, 'b', 'A', {});
  await begun.promise;
  t.throws(() => store.remove(scope, 'A'), fault({ kind: 'failed precondition' }));
  t.equal(store.parentsInUse().length, 1);
  await store.cleanup();
  goOn.resolve();
  t.ok(existsSync((await made)[0]!.source));
  t.equal(store.parentsInUse().length, 0);
});

t.test('numbers are not used again, whatever the snapshotter', async (t) => {
  const { store, backend } = open(t);
  await store.prepare(scope, 'a', '', {});
  store.remove(scope, 'a');
  await store.cleanup();
  await store.prepare(scope, 'b', '', {});
  t.same(await backend.list(), [2]);
});
