/**
 * Garbage collection against a model: random operations on all that refers and is referred to, in three namespaces and on
 * two snapshotters, with collections in between, while other operations go on, and over restarts. After each collection
 * exactly what the model keeps is there, in the records and on disk; what is in use is never gone, not even for a moment.
 * DRYDOCK_SEED repeats a run, DRYDOCK_OPERATIONS says how long it is.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '@drydock/oci/digest';
import { isKind } from '@drydock/rpc/errors';
import { createLogger } from '@drydock/telemetry/logger';
import t from 'tap';
import type { ContentWriter } from '../content/content-writer.ts';
import { OverlayBackend } from '../snapshots/overlay-backend.ts';
import { SnapshotStore } from '../snapshots/snapshot-store.ts';
import { openStoresIn } from '../test-fixtures.ts';
import { Collector } from './collector.ts';
import { blobKey, ingestKey, type Labels, Model, snapshotKey, targets } from './model.ts';

const seed = Number(process.env.DRYDOCK_SEED ?? Math.floor(Math.random() * 2 ** 31));
const operations = Number(process.env.DRYDOCK_OPERATIONS ?? 20_000);
const random = generator(seed);
const below = (limit: number): number => Math.floor(random() * limit);
const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
const chance = (probability: number): boolean => random() < probability;

const namespaces = ['n0', 'n1', 'n2'];
const snapshotters = ['one', 'two'];
const texts = Array.from({ length: 40 }, (_, index) => `blob ${index} ${'x'.repeat(index * 7)}`);
const names = Array.from({ length: 12 }, (_, index) => `name${index}`);
const day = 24 * 3600 * 1000;

const model = new Model();
let clock = Date.now();
const counts = new Map<string, number>();
const violations: string[] = [];

// Files that are forgotten with the machine's memory: thousands are made and removed.
const base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'drydock-gc-'));
let stack = open();

function open() {
  const stores = openStoresIn(base, join(base, 'metadata.db'));
  const make = (name: string) =>
    new SnapshotStore({ ...stores, name, backend: new OverlayBackend(join(base, name), true) });
  const [one, two] = [make('one'), make('two')] as [SnapshotStore, SnapshotStore];
  return { ...stores, stores: { one, two } as Record<string, SnapshotStore> };
}

function openCollector(): Collector {
  const log = createLogger({ program: 'test', level: 'fatal' });
  return new Collector({ ...stack, snapshots: Object.values(stack.stores), log, now: () => clock });
}

/** Writers that are open, by the ingest's key. */
const writers = new Map<string, ContentWriter>();

/** Makes labels that refer to anything, also to what is not there. */
function labels(): Record<string, string> {
  const made: Record<string, string> = {};
  if (chance(0.05)) made['containerd.io/gc.root'] = 'yes';
  for (let count = below(3); count > 0; count -= 1) {
    if (chance(0.7)) made[`containerd.io/gc.ref.content.${below(9)}`] = digestOf(pick(texts));
    else made[`containerd.io/gc.ref.snapshot.${pick(snapshotters)}/${below(9)}`] = pick(names);
  }
  return made;
}

function leaseIn(namespace: string): string | undefined {
  const here = [...model.leases].filter(([, lease]) => lease.namespace === namespace).map(([key]) => key);
  return here.length > 0 && chance(0.5) ? pick(here).split(' ')[1] : undefined;
}

const resourcesOf = (namespace: string, lease: string | undefined): Set<string> | undefined =>
  lease === undefined ? undefined : model.leases.get(`${namespace} ${lease}`)?.resources;

/** Each operation does the same to the stores and to the model. It may be refused, by both. */
const actions: Readonly<Record<string, (namespace: string) => Promise<void> | void>> = {
  async 'write blob'(namespace) {
    const text = pick(texts);
    const digest = digestOf(text);
    const lease = leaseIn(namespace);
    const ref = `write-${text.slice(0, 8)}`;
    if (writers.has(ingestKey(namespace, ref))) return;
    const given = labels();
    const exists = model.nodes.has(blobKey(namespace, digest));
    try {
      const writer = await stack.content.writer({ namespace, lease, ref, expected: chance(0.5) ? digest : '' });
      try {
        if (writer.offset === 0) await writer.write(Buffer.from(text));
        await writer.commit({ size: 0, expected: digest, labels: given });
      } finally {
        writer.close();
      }
      expect(!exists, `${digest} was not there`);
    } catch (error) {
      expect(exists && isKind(error, 'already exists'), String(error));
    }
    resourcesOf(namespace, lease)?.add(blobKey(namespace, digest));
    if (!exists) model.nodes.set(blobKey(namespace, digest), { kind: 'blob', labels: given });
  },
  async 'begin ingest'(namespace) {
    const ref = `ingest-${below(5)}`;
    const key = ingestKey(namespace, ref);
    if (writers.has(key)) return;
    const lease = leaseIn(namespace);
    const writer = await stack.content.writer({ namespace, lease, ref });
    await writer.write(Buffer.from('part'));
    if (lease === undefined) model.ingests.set(key, Date.now() + day);
    else {
      resourcesOf(namespace, lease)?.add(key);
      if (!model.ingests.has(key)) model.ingests.set(key, undefined);
    }
    if (chance(0.3)) writers.set(key, writer);
    else writer.close();
  },
  'leave ingest'() {
    const [entry] = writers;
    if (entry === undefined) return;
    entry[1].close();
    writers.delete(entry[0]);
  },
  'abort ingest'(namespace) {
    const ref = `ingest-${below(5)}`;
    const key = ingestKey(namespace, ref);
    if (writers.has(key)) return;
    refusable(() => stack.content.abort(namespace, ref), model.ingests.has(key));
    model.ingests.delete(key);
  },
  'label blob'(namespace) {
    const digest = digestOf(pick(texts));
    const node = model.nodes.get(blobKey(namespace, digest));
    const given = labels();
    const info = { digest, size: 0, createdAt: undefined, updatedAt: undefined, labels: given };
    refusable(() => stack.content.update(namespace, info, ['labels']), node !== undefined);
    if (node !== undefined) model.nodes.set(blobKey(namespace, digest), { ...node, labels: given });
  },
  'delete blob'(namespace) {
    const digest = digestOf(pick(texts));
    refusable(() => stack.content.delete(namespace, digest), model.nodes.delete(blobKey(namespace, digest)));
  },
  async 'make snapshot'(namespace) {
    const [name, snapshotter, lease] = [pick(names), pick(snapshotters), leaseIn(namespace)];
    const committed = [...model.nodes.keys()].filter(
      (key) => key.startsWith(`s ${namespace} ${snapshotter} `) && model.nodes.get(key)?.kind === 'committed',
    );
    const parent = committed.length > 0 && chance(0.7) ? pick(committed) : undefined;
    const key = snapshotKey(namespace, snapshotter, name);
    const given = labels();
    const [kind, verb] = chance(0.2) ? (['view', 'view'] as const) : (['active', 'prepare'] as const);
    const isFree = !model.nodes.has(key);
    const store = stack.stores[snapshotter]!;
    const call = store[verb].bind(store);
    await refusableLater(() => call({ namespace, lease }, name, parent?.split(' ')[3] ?? '', given), isFree);
    if (!isFree) return;
    model.nodes.set(key, { kind, labels: given, parent });
    resourcesOf(namespace, lease)?.add(key);
  },
  async 'commit snapshot'(namespace) {
    const active = [...model.nodes].filter(([key, { kind }]) => kind === 'active' && key.startsWith(`s ${namespace} `));
    if (active.length === 0) return;
    const [key, node] = pick(active);
    const [, , snapshotter = '', name = ''] = key.split(' ');
    const lease = leaseIn(namespace);
    const target = pick(names);
    const targetKey = snapshotKey(namespace, snapshotter, target);
    const isFree = !model.nodes.has(targetKey);
    const given = labels();
    await refusableLater(() => stack.stores[snapshotter]!.commit({ namespace, lease }, target, name, given), isFree);
    if (!isFree) return;
    model.nodes.delete(key);
    model.nodes.set(targetKey, { ...node, kind: 'committed', labels: given });
    const resources = resourcesOf(namespace, lease);
    resources?.add(targetKey);
    resources?.delete(key);
  },
  'label snapshot'(namespace) {
    const [name, snapshotter] = [pick(names), pick(snapshotters)];
    const key = snapshotKey(namespace, snapshotter, name);
    const node = model.nodes.get(key);
    const given = labels();
    const info = { name, parent: '', kind: 0, createdAt: undefined, updatedAt: undefined, labels: given };
    refusable(() => stack.stores[snapshotter]!.update({ namespace }, info, ['labels']), node !== undefined);
    if (node !== undefined) model.nodes.set(key, { ...node, labels: given });
  },
  'remove snapshot'(namespace) {
    const [name, snapshotter] = [pick(names), pick(snapshotters)];
    const key = snapshotKey(namespace, snapshotter, name);
    const hasChild = [...model.nodes.values()].some(({ parent }) => parent === key);
    const may = model.nodes.has(key) && !hasChild;
    refusable(() => stack.stores[snapshotter]!.remove({ namespace }, name), may);
    if (may) model.nodes.delete(key);
  },
  'make image'(namespace) {
    const name = `image${below(6)}`;
    const [digest, given] = [digestOf(pick(texts)), labels()];
    const holder = `image ${namespace} ${name}`;
    const isFree = !model.holders.has(holder);
    const target = { mediaType: 'm', digest, size: 1, annotations: {} };
    const image = { name, labels: given, target, createdAt: undefined, updatedAt: undefined };
    refusable(() => stack.images.create(namespace, image), isFree);
    if (isFree) model.holders.set(holder, [blobKey(namespace, digest), ...targets(namespace, given)]);
  },
  'delete image'(namespace) {
    const name = `image${below(6)}`;
    refusable(() => stack.images.delete(namespace, name), model.holders.delete(`image ${namespace} ${name}`));
  },
  'make container'(namespace) {
    const id = `container${below(6)}`;
    const [snapshotter, name, given] = [pick(snapshotters), pick(names), labels()];
    const holder = `container ${namespace} ${id}`;
    const isFree = !model.holders.has(holder);
    refusable(
      () =>
        stack.containers.create(namespace, {
          id,
          labels: given,
          image: '',
          runtime: { name: 'r', options: undefined },
          spec: { typeUrl: '', value: new Uint8Array(0) },
          snapshotter,
          snapshotKey: name,
          extensions: {},
          createdAt: undefined,
          updatedAt: undefined,
        }),
      isFree,
    );
    if (isFree) model.holders.set(holder, [snapshotKey(namespace, snapshotter, name), ...targets(namespace, given)]);
  },
  'delete container'(namespace) {
    const id = `container${below(6)}`;
    refusable(() => stack.containers.delete(namespace, id), model.holders.delete(`container ${namespace} ${id}`));
  },
  'make lease'(namespace) {
    const id = `lease${below(4)}`;
    const key = `${namespace} ${id}`;
    const flat = chance(0.3);
    const expires = chance(0.4) ? Math.floor((clock + (random() - 0.2) * 2 * day) / 1000) * 1000 : undefined;
    const given: Labels = {
      ...(flat ? { 'containerd.io/gc.flat': 'true' } : {}),
      ...(expires === undefined ? {} : { 'containerd.io/gc.expire': new Date(expires).toISOString() }),
    };
    const isFree = !model.leases.has(key);
    refusable(() => stack.leases.create(namespace, id, given), isFree);
    if (isFree) model.leases.set(key, { namespace, flat, expires, resources: new Set() });
  },
  'delete lease'(namespace) {
    const id = `lease${below(4)}`;
    refusable(() => stack.leases.delete(namespace, id), model.leases.delete(`${namespace} ${id}`));
  },
  'change resources of a lease'(namespace) {
    const id = `lease${below(4)}`;
    const resources = model.leases.get(`${namespace} ${id}`)?.resources;
    const [type, name, key] = pick([
      () => {
        const digest = digestOf(pick(texts));
        return ['content', digest, blobKey(namespace, digest)] as const;
      },
      () => {
        const [snapshotter, name] = [pick(snapshotters), pick(names)];
        return [`snapshots/${snapshotter}`, name, snapshotKey(namespace, snapshotter, name)] as const;
      },
      () => {
        const ref = `ingest-${below(5)}`;
        return ['ingests', ref, ingestKey(namespace, ref)] as const;
      },
    ])();
    const resource = { type, id: name };
    if (chance(0.7)) {
      refusable(() => stack.leases.addResource(namespace, id, resource), resources !== undefined);
      resources?.add(key);
    } else {
      refusable(() => stack.leases.deleteResource(namespace, id, resource), resources !== undefined);
      resources?.delete(key);
    }
  },
  'time passes'() {
    clock += below(day / 4);
  },
};

t.test('random operations', async (t) => {
  const verbs = Object.keys(actions);
  for (let step = 0; step < operations && violations.length === 0; step += 1) {
    const verb = pick(verbs);
    await actions[verb]!(pick(namespaces));
    count(verb);
    const next = random();
    if (next < 0.004) await collectAlone();
    else if (next < 0.008) await collectAmong(verbs);
    else if (next < 0.009) restart();
  }
  await collectAlone();
  t.same(violations, [], `seed ${seed}`);
  t.ok(counts.get('collection'), 'there were collections');
  t.comment(`seed ${seed}`);
  const sum = [...counts.values()].reduce((total, number) => total + number, 0);
  const [alone, among, restarts] = ['collection', 'collection among operations', 'restart'].map(
    (verb) => counts.get(verb) ?? 0,
  );
  t.comment('| operations | kinds | collections | while others went on | restarts | violations |');
  t.comment(`| ${sum} | ${verbs.length} | ${alone} | ${among} | ${restarts} | ${violations.length} |`);
});

t.teardown(() => {
  stack.db.close();
  rmSync(base, { recursive: true });
});

/** A collection while nothing else happens: exactly what the model keeps is left. */
async function collectAlone(): Promise<void> {
  model.collect(clock);
  const collector = openCollector();
  await collector.collect();
  count('collection');
  await compare();
}

/** A collection while operations go on: what they make after its beginning stays, whatever files it is removing. */
async function collectAmong(verbs: readonly string[]): Promise<void> {
  model.collect(clock);
  const collector = openCollector();
  const collected = collector.collect();
  for (let index = below(12); index > 0; index -= 1) {
    const verb = pick(verbs);
    await actions[verb]!(pick(namespaces));
    count(`${verb}, during a collection`);
  }
  await collected;
  count('collection among operations');
  for (const key of [...model.nodes.keys(), ...model.ingests.keys()])
    if (!/^s/.test(key)) expect(isThere(key), `${key} is gone`);
  await collectAlone();
}

function restart(): void {
  for (const writer of writers.values()) writer.close();
  writers.clear();
  stack.db.close();
  stack = open();
  count('restart');
}

function isThere(key: string): boolean {
  const [kind, namespace = '', first = '', second = ''] = key.split(' ');
  try {
    if (kind === 'c') {
      const text = readFileSync(stack.content.path(namespace, first));
      return digestOf(text) === first;
    }
    if (kind === 'i') return stack.content.status(namespace, first).offset >= 0;
    stack.stores[first]!.stat({ namespace }, second);
    return true;
  } catch {
    return false;
  }
}

/** Compares records and files with the model. */
async function compare(): Promise<void> {
  const { content, stores, leases, db } = stack;
  const records = namespaces.flatMap((namespace) => [
    ...content.list(namespace, []).map(({ digest }) => blobKey(namespace, digest)),
    ...snapshotters.flatMap((snapshotter) =>
      stores[snapshotter]!.list({ namespace }, []).map(({ name }) => snapshotKey(namespace, snapshotter, name)),
    ),
  ]);
  same('records', records, [...model.nodes.keys()]);
  same(
    'leases',
    namespaces.flatMap((namespace) => leases.list(namespace, []).map(({ id }) => `${namespace} ${id}`)),
    [...model.leases.keys()],
  );
  same(
    'ingests',
    namespaces.flatMap((namespace) => content.ingests.list(namespace, []).map(({ ref }) => ingestKey(namespace, ref))),
    [...model.ingests.keys()],
  );
  const digests = new Set(
    [...model.nodes.keys()].filter((key) => key.startsWith('c ')).map((key) => key.split(' ')[2]!),
  );
  same('files of blobs', await content.files.list(), [...digests]);
  for (const snapshotter of snapshotters)
    same(
      `places of ${snapshotter}`,
      (await stores[snapshotter]!.backend.list()).map(String),
      db.all<{ id: number }>('SELECT id FROM snapshots WHERE snapshotter = ?', snapshotter).map(({ id }) => String(id)),
    );
  for (const key of model.nodes.keys()) if (key.startsWith('c ')) expect(isThere(key), `${key} is not what it was`);
}

function same(what: string, found: readonly string[], expected: readonly string[]): void {
  const [has, wants] = [new Set(found), new Set(expected)];
  for (const key of has) if (!wants.has(key)) violations.push(`${what}: ${key} should be gone`);
  for (const key of wants) if (!has.has(key)) violations.push(`${what}: ${key} should be there`);
}

function expect(condition: boolean, what: string): void {
  if (!condition) violations.push(what);
}

/** Does something that must succeed or be refused. */
function refusable(action: () => unknown, succeeds: boolean): void {
  try {
    action();
    expect(succeeds, 'it should have been refused');
  } catch (error) {
    expect(!succeeds, String(error));
  }
}

async function refusableLater(action: () => Promise<unknown>, succeeds: boolean): Promise<void> {
  const outcome = await action().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect((outcome === undefined) === succeeds, outcome === undefined ? 'it should have been refused' : String(outcome));
}

function count(verb: string): void {
  counts.set(verb, (counts.get(verb) ?? 0) + 1);
}

/** Random numbers that a seed repeats (mulberry32). */
function generator(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
