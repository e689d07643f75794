import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mount, unmount } from '@drydock/linux/mount';
import { digestOf } from '@drydock/oci/digest';
import t from 'tap';
import { fault } from '../test-faults.ts';
import { openStores } from '../test-fixtures.ts';
import { ContentStore, type WriteRequest } from './content-store.ts';

const hello = Buffer.from('hello');
const helloDigest = digestOf(hello);

/** Writes a blob in one go. */
async function write(content: ContentStore, data: Uint8Array, request: Partial<WriteRequest> = {}): Promise<void> {
  const writer = await content.writer({ namespace: 'a', lease: undefined, ref: 'ref', ...request });
  try {
    await writer.write(data);
    await writer.commit({ size: request.total ?? 0, expected: request.expected ?? '' });
  } finally {
    writer.close();
  }
}

t.test('a blob is written, verified, read, forgotten', async (t) => {
  const { content, root } = openStores(t);
  await write(content, hello, { total: 5, expected: helloDigest });
  t.match(content.info('a', helloDigest), { digest: helloDigest, size: 5, labels: {} });
  const path = content.path('a', helloDigest);
  t.equal(path, join(root, 'content/blobs/sha256', helloDigest.slice(7)));
  t.equal(readFileSync(path, 'utf8'), 'hello');
  t.equal(statSync(path).mode & 0o777, 0o444);
  t.same(content.ingests.list('a', []), []);
  await t.rejects(write(content, hello, { expected: helloDigest }), {
    message: `content ${helloDigest}: already exists`,
  });
  await t.rejects(write(content, hello, { ref: 'other' }), fault({ kind: 'already exists' }));
  content.delete('a', helloDigest);
  t.throws(() => content.info('a', helloDigest), { message: `content digest ${helloDigest}: not found` });
  t.throws(() => content.delete('a', helloDigest), fault({ kind: 'not found' }));
});

t.test('what is not what was expected is no blob', async (t) => {
  const { content } = openStores(t);
  const other = digestOf('other');
  await t.rejects(write(content, hello, { total: 6 }), {
    kind: 'failed precondition',
    message: '"ref" failed size validation: 5 != 6: failed precondition',
  });
  await t.rejects(write(content, Buffer.alloc(0), { expected: other }), {
    message: `unexpected commit digest ${helloDigest}, expected ${other}: failed precondition`,
  });
  t.same(content.list('a', []), []);
  t.equal(content.status('a', 'ref').offset, 5, 'the ingest is still there');
});

t.test('a broken write is taken up where it ended', async (t) => {
  const { content } = openStores(t);
  const first = await content.writer({ namespace: 'a', lease: undefined, ref: 'r', total: 10 });
  await first.write(Buffer.from('01234'));
  await t.rejects(content.writer({ namespace: 'a', lease: undefined, ref: 'r' }), fault({ kind: 'unavailable' }));
  first.close();
  t.match(content.status('a', 'r'), { ref: 'r', offset: 5, total: 10 });
  const second = await content.writer({ namespace: 'a', lease: undefined, ref: 'r' });
  t.equal(second.offset, 5);
  t.equal(second.digest(), digestOf('01234'));
  await second.write(Buffer.from('56789'));
  await second.commit({ size: 10, expected: digestOf('0123456789') });
  second.close();
  t.ok(content.has('a', digestOf('0123456789')));

  const third = await content.writer({ namespace: 'a', lease: undefined, ref: 's' });
  await third.write(hello);
  await third.truncate();
  t.equal(third.offset, 0);
  await third.write(Buffer.from('anew'));
  t.equal(third.digest(), digestOf('anew'));
  third.close();
  content.abort('a', 's');
  t.throws(() => content.status('a', 's'), { message: 'reference s: not found' });
  t.throws(() => content.abort('a', 's'), fault({ kind: 'not found' }));
});

t.test('namespaces share bytes, not knowledge', async (t) => {
  const { content } = openStores(t);
  await write(content, hello);
  t.notOk(content.has('b', helloDigest));
  const writer = await content.writer({ namespace: 'b', lease: undefined, ref: 'r', expected: helloDigest });
  t.equal(writer.offset, 5, 'the bytes are there already');
  await writer.commit({ size: 5, expected: helloDigest });
  writer.close();
  t.ok(content.has('b', helloDigest));
  content.delete('a', helloDigest);
  t.equal(readFileSync(content.path('b', helloDigest), 'utf8'), 'hello');

  const appended = await content.writer({ namespace: 'c', lease: undefined, ref: 'r', expected: helloDigest });
  await appended.write(Buffer.from('!'));
  await appended.commit({ size: 0, expected: '' });
  appended.close();
  t.ok(content.has('c', digestOf('hello!')), 'written to, the shared bytes are copied first');
});

t.test('labels', async (t) => {
  const { content } = openStores(t);
  await write(content, hello);
  const update = (labels: Record<string, string>, ...paths: string[]) =>
    content.update('a', { ...content.info('a', helloDigest), labels }, paths).labels;
  t.same(update({ a: '1', b: '2' }), { a: '1', b: '2' });
  t.same(update({ 'x.y': '3' }, 'labels.x.y'), { a: '1', b: '2', 'x.y': '3' });
  t.same(update({ a: '' }, 'labels.a'), { b: '2', 'x.y': '3' });
  t.throws(() => update({}, 'size'), fault({ kind: 'invalid argument' }));
  t.throws(() => update({ a: 'x'.repeat(5000) }), fault({ kind: 'invalid argument' }));
  t.equal(content.list('a', ['labels."x.y"==3']).length, 1);
  t.equal(content.list('a', ['labels.a']).length, 0);
});

t.test('a lease holds what is written under it', async (t) => {
  const { content, leases } = openStores(t);
  leases.create('a', 'l', {});
  await t.rejects(write(content, hello, { lease: 'none' }), { message: 'lease does not exist: not found' });
  const writer = await content.writer({ namespace: 'a', lease: 'l', ref: 'r' });
  t.same(leases.listResources('a', 'l'), [{ type: 'ingests', id: 'r' }]);
  await writer.write(hello);
  await writer.commit({ size: 0, expected: '' });
  writer.close();
  t.same(leases.listResources('a', 'l'), [{ type: 'content', id: helloDigest }]);
});

t.test('a full disk is reported with the file', async (t) => {
  const stores = openStores(t);
  const small = join(stores.root, 'small');
  stores.content.files.makeIngest(0);
  writeFileSync(small, '');
  const root = join(stores.root, 'content');
  mount({ type: 'tmpfs', source: 'tmpfs', options: ['size=64k'] }, root);
  t.teardown(() => unmount(root));
  const content = new ContentStore({ ...stores, root });
  await t.rejects(write(content, Buffer.alloc(1 << 20)), fault({ code: 'ENOSPC', path: join(root, 'ingest/1/data') }));
  t.same(content.list('a', []), []);
});
