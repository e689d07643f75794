import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Container } from '@drydock/rpc/generated/containers';
import type { Image } from '@drydock/rpc/generated/images';
import t from 'tap';
import { fault } from '../test-faults.ts';
import { openStores, temporaryDirectory } from '../test-fixtures.ts';
import { Database } from './database.ts';

const digest = `sha256:${'1'.repeat(64)}`;

function image(name: string, more: Partial<Image> = {}): Image {
  const target = { mediaType: 'm', digest, size: 1, annotations: {} };
  return { name, labels: {}, target, createdAt: undefined, updatedAt: undefined, ...more };
}

function container(id: string, more: Partial<Container> = {}): Container {
  return {
    id,
    labels: {},
    image: '',
    runtime: { name: 'r', options: undefined },
    spec: { typeUrl: 'spec', value: Buffer.from('{}') },
    snapshotter: '',
    snapshotKey: '',
    extensions: {},
    createdAt: undefined,
    updatedAt: undefined,
    ...more,
  };
}

t.test('images', (t) => {
  const { images } = openStores(t);
  t.match(images.create('n', image('a', { labels: { l: 'v' } })), { name: 'a', createdAt: { seconds: Number } });
  t.throws(() => images.create('n', image('a')), { message: 'image "a": already exists' });
  t.throws(() => images.get('n', 'b'), { message: 'image "b": not found' });
  t.throws(() => images.get('other', 'a'), fault({ kind: 'not found' }));
  const bad: [Partial<Image>, string][] = [
    [{ name: '' }, 'image name must not be empty: invalid argument'],
    [{ target: undefined }, 'Target.Digest "" invalid: invalid checksum digest format: invalid argument'],
    [
      { target: { mediaType: 'm', digest, size: 0, annotations: {} } },
      'Target.Size must be greater than zero: invalid argument',
    ],
    [{ target: { mediaType: '', digest, size: 1, annotations: {} } }, 'Target.MediaType must be set: invalid argument'],
  ];
  for (const [more, message] of bad) t.throws(() => images.create('n', image('b', more)), { message });

  const update = (more: Partial<Image>, ...paths: string[]) => images.update('n', image('a', more), paths);
  t.same(update({ labels: { m: 'w' } }, 'labels.m').labels, { l: 'v', m: 'w' });
  t.same(update({ labels: { l: '' } }, 'labels.l').labels, { m: 'w' });
  t.same(update({ target: { mediaType: 'm', digest, size: 9, annotations: {} } }, 'target').target?.size, 9);
  t.match(images.get('n', 'a'), { labels: { m: 'w' }, target: { size: 9 } });
  t.throws(() => update({}, 'nonsense'), {
    message: 'cannot update "nonsense" field on image "a": invalid argument',
  });
  t.throws(() => images.update('n', image('z'), ['labels']), { message: 'image "z": not found' });
  t.same(
    images.list('n', ['labels.m==w', 'name==zzz']).map(({ name }) => name),
    ['a'],
  );
  images.delete('n', 'a');
  t.throws(() => images.delete('n', 'a'), { message: 'image "a": not found' });
  t.end();
});

t.test('containers', (t) => {
  const { containers } = openStores(t);
  containers.create(
    'n',
    container('a', { labels: { l: 'v', empty: '' }, extensions: { e: { typeUrl: 't', value: Buffer.from('x') } } }),
  );
  t.match(containers.get('n', 'a'), { id: 'a', labels: { l: 'v' }, extensions: { e: { typeUrl: 't' } } });
  t.throws(() => containers.create('n', container('a')), { message: 'container "a": already exists' });
  t.throws(() => containers.get('n', 'b'), { message: 'container "b" in namespace "n": not found' });
  t.throws(() => containers.require('n', 'b'), fault({ kind: 'not found' }));
  const prefix = 'create container failed validation: ';
  const bad: [Container, string][] = [
    [container('bad id'), 'container.ID: identifier "bad id" must match ^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$'],
    [container(''), 'container.ID: identifier must not be empty'],
    [container('b', { runtime: undefined }), 'container.Runtime.Name must be set'],
    [container('b', { spec: undefined }), 'container.Spec must be set'],
    [container('b', { snapshotKey: 'k' }), 'container.Snapshotter must be set if container.SnapshotKey is set'],
  ];
  for (const [given, message] of bad)
    t.throws(() => containers.create('n', given), { message: `${prefix}${message}: invalid argument` });

  t.same(containers.update('n', container('a', { labels: { m: 'w' } }), ['labels.m']).labels, { l: 'v', m: 'w' });
  t.throws(() => containers.update('n', container('a'), ['id']), fault({ kind: 'invalid argument' }));
  t.throws(() => containers.update('n', container('a', { snapshotter: 's' }), []), {
    message: 'container.Snapshotter field is immutable: invalid argument',
  });
  t.same(containers.update('n', container('a', { image: 'i' }), []).image, 'i');
  t.same(containers.get('n', 'a').labels, {}, 'without a mask everything that may change is replaced');
  t.equal(containers.list('n', ['id==a', 'runtime.name==x']).length, 1);
  containers.delete('n', 'a');
  t.throws(() => containers.delete('n', 'a'), { message: 'container a: not found' });
  t.end();
});

t.test('namespaces', (t) => {
  const { namespaces, images } = openStores(t);
  t.same(namespaces.get('none'), { name: 'none', labels: {} }, 'one that is not there has no labels');
  images.create('made', image('a'));
  t.same(namespaces.list(), [{ name: 'made', labels: {} }], 'writing in a namespace makes it');
  namespaces.create({ name: 'n', labels: { a: 'b' } });
  t.throws(() => namespaces.create({ name: 'n', labels: {} }), { message: 'namespace "n": already exists' });
  t.throws(() => namespaces.create({ name: 'a/b', labels: {} }), fault({ kind: 'invalid argument' }));
  t.same(namespaces.update({ name: 'n', labels: { c: 'd' } }, ['labels.c']).labels, { a: 'b', c: 'd' });
  t.same(namespaces.update({ name: 'n', labels: { e: 'f' } }, []).labels, { e: 'f' });
  t.throws(() => namespaces.update({ name: 'n', labels: {} }, ['labels']), { message: 'cannot update "labels" field' });
  t.throws(() => namespaces.delete('made'), {
    message: 'namespace "made" must be empty, but it still has images: failed precondition',
  });
  namespaces.delete('n');
  t.throws(() => namespaces.delete('n'), { message: 'namespace "n": not found' });
  images.create('n', image('a'));
  t.equal(namespaces.list().length, 2, 'a namespace that was removed can be made again');
  t.end();
});

t.test('leases', (t) => {
  const { leases } = openStores(t);
  t.match(leases.create('n', '', { l: 'v' }), { id: /^\d+-[\w-]{4}$/, labels: { l: 'v' } });
  leases.create('n', 'a', {});
  t.throws(() => leases.create('n', 'a', {}), { message: 'lease "a": already exists' });
  leases.addResource('n', 'a', { type: 'snapshots/overlayfs', id: 'key' });
  leases.addResource('n', 'a', { type: 'content', id: digest });
  t.throws(() => leases.addResource('n', 'a', { type: 'content', id: 'x' }), fault({ kind: 'invalid argument' }));
  t.throws(() => leases.addResource('n', 'a', { type: 'images', id: 'x' }), fault({ kind: 'not implemented' }));
  t.throws(() => leases.addResource('n', 'b', { type: 'ingests', id: 'x' }), { message: 'lease "b": not found' });
  leases.deleteResource('n', 'a', { type: 'content', id: digest });
  t.same(leases.listResources('n', 'a'), [{ type: 'snapshots/overlayfs', id: 'key' }]);
  t.same(
    leases.list('n', ['id==a']).map(({ id }) => id),
    ['a'],
  );
  leases.delete('n', 'a');
  t.throws(() => leases.delete('n', 'a'), { message: 'lease "a": not found' });
  t.throws(() => leases.hold('n', 'a', 'content', digest), { message: 'lease does not exist: not found' });
  t.end();
});

t.test('the database keeps all of a transaction or nothing, and its schema', (t) => {
  const path = join(temporaryDirectory(t), 'metadata.db');
  const db = new Database(path);
  for (const file of [path, `${path}-wal`]) t.equal(statSync(file).mode & 0o777, 0o600, 'only its owner may read it');
  const insert = (name: string) => db.run('INSERT INTO namespaces (name) VALUES (?)', name);
  t.throws(() =>
    db.transaction(() => {
      insert('a');
      db.transaction(() => insert('b'));
      throw new Error('no');
    }),
  );
  t.same(db.all('SELECT name FROM namespaces'), []);
  db.transaction(() => insert('c'));
  db.close();
  const again = new Database(path);
  t.same(
    again.all<{ name: string }>('SELECT name FROM namespaces').map(({ name }) => name),
    ['c'],
  );
  again.run('PRAGMA user_version = 99');
  again.close();
  t.throws(() => new Database(path), { message: /^metadata has schema 99/ });
  t.end();
});
