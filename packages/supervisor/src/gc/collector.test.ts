import { existsSync } from 'node:fs';
import { digestOf } from '@drydock/oci/digest';
import type { Container } from '@drydock/rpc/generated/containers';
import { createLogger } from '@drydock/telemetry/logger';
import t, { type Test } from 'tap';
import { openStores } from '../test-fixtures.ts';
import { Collector } from './collector.ts';

const scope = { namespace: 'n' };

function open(test: Test) {
  const stores = openStores(test);
  const log = createLogger({ program: 'test', level: 'fatal' });
  const collector = new Collector({ ...stores, snapshots: [stores.snapshots], log });
  const collect = (): Promise<void> => collector.collect();
  const put = async (text: string, labels: Record<string, string> = {}, lease?: string): Promise<string> => {
    const writer = await stores.content.writer({ namespace: 'n', lease, ref: text });
    await writer.write(Buffer.from(text));
    await writer.commit({ size: 0, expected: '', labels });
    writer.close();
    return digestOf(text);
  };
  const commit = async (name: string, parent: string, labels: Record<string, string> = {}): Promise<void> => {
    await stores.snapshots.prepare(scope, `work-${name}`, parent, {});
    await stores.snapshots.commit(scope, name, `work-${name}`, labels);
  };
  const left = () => ({
    blobs: stores.content.list('n', []).map(({ digest }) => digest),
    snapshots: stores.snapshots.list(scope, []).map(({ name }) => name),
  });
  return { ...stores, collect, put, commit, left };
}

t.test('what an image leads to is kept, all else goes', async (t) => {
  const { images, collect, content, put, commit, left } = open(t);
  await commit('layer1', '');
  await commit('layer2', 'layer1');
  await commit('loose', '');
  const layer = await put('layer');
  const config = await put('config', { 'containerd.io/gc.ref.snapshot.overlayfs': 'layer2' });
  const manifest = await put('manifest', {
    'containerd.io/gc.ref.content.config': config,
    'containerd.io/gc.ref.content.l.0': layer,
  });
  const loose = await put('loose');
  const path = content.path('n', loose);
  images.create('n', {
    name: 'image',
    labels: {},
    target: { mediaType: 'm', digest: manifest, size: 1, annotations: {} },
    createdAt: undefined,
    updatedAt: undefined,
  });
  await collect();
  t.same(left(), { blobs: [layer, config, manifest].sort(), snapshots: ['layer1', 'layer2'] });
  t.notOk(existsSync(path), 'the bytes are gone too');
  images.delete('n', 'image');
  await collect();
  t.same(left(), { blobs: [], snapshots: [] });
  t.same(await content.files.list(), []);
});

t.test('roots: containers, gc.root labels, leases', async (t) => {
  const { containers, leases, snapshots, collect, put, commit, left } = open(t);
  await commit('base', '');
  await snapshots.prepare(scope, 'of-container', 'base', {});
  await snapshots.prepare(scope, 'labelled', '', { 'containerd.io/gc.root': 'x' });
  leases.create('n', 'lease', {});
  await snapshots.prepare({ ...scope, lease: 'lease' }, 'leased', '', {});
  const far = await put('far');
  const near = await put('near', { 'containerd.io/gc.ref.content.x': far }, 'lease');
  containers.create('n', {
    id: 'c',
    labels: {},
    image: '',
    runtime: { name: 'r', options: undefined },
    spec: { typeUrl: '', value: new Uint8Array(0) },
    snapshotter: 'overlayfs',
    snapshotKey: 'of-container',
    extensions: {},
    createdAt: undefined,
    updatedAt: undefined,
  } satisfies Container);
  await collect();
  t.same(left(), { blobs: [far, near].sort(), snapshots: ['base', 'labelled', 'leased', 'of-container'] });
  leases.delete('n', 'lease');
  containers.delete('n', 'c');
  await collect();
  t.same(left(), { blobs: [], snapshots: ['labelled'] });
});

t.test('a flat lease keeps what it holds, not what that leads to', async (t) => {
  const { leases, collect, put, left } = open(t);
  leases.create('n', 'flat', { 'containerd.io/gc.flat': 'true' });
  const far = await put('far');
  const near = await put('near', { 'containerd.io/gc.ref.content.x': far }, 'flat');
  await collect();
  t.same(left().blobs, [near]);
});

t.test('an expired lease ends', async (t) => {
  const { leases, collect, put, left } = open(t);
  leases.create('n', 'old', { 'containerd.io/gc.expire': '2001-01-01T00:00:00Z' });
  leases.create('n', 'young', { 'containerd.io/gc.expire': '2999-01-01T00:00:00Z' });
  await put('a', {}, 'old');
  const kept = await put('b', {}, 'young');
  await collect();
  t.same(left().blobs, [kept]);
  t.same(
    leases.list('n', []).map(({ id }) => id),
    ['young'],
  );
});

t.test('what is being written is left alone', async (t) => {
  const { content, collect } = open(t);
  const writer = await content.writer({ namespace: 'n', lease: undefined, ref: 'r' });
  await writer.write(Buffer.from('half'));
  await collect();
  await writer.write(Buffer.from('whole'));
  await writer.commit({ size: 9, expected: digestOf('halfwhole') });
  writer.close();
  t.ok(content.has('n', digestOf('halfwhole')));
});
