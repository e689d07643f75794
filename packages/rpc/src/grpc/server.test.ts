/** The server beside gRPC's own client: answers, errors, streams, deadlines, clients that leave. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { alreadyExists, invalidArgument, notFound } from '../errors.ts';
import { Content } from '../generated/content.ts';
import { Images } from '../generated/images.ts';
import { connect, type GrpcChannel, grpcClient } from '../grpc-client.ts';
import { type Implementation, implement } from '../service.ts';
import { serveGrpc } from './server.ts';

/** A pattern for `t.rejects`: the kind of an RpcError. */
function fault(pattern: { readonly kind: string }): Error {
  return pattern as unknown as Error;
}

function temporaryDirectory(test: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-grpc-'));
  test.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function serve(
  test: Test,
  ...implementations: Implementation[]
): Promise<{ path: string; channel: GrpcChannel }> {
  const path = join(temporaryDirectory(test), 'grpc.sock');
  const server = await serveGrpc(path, implementations);
  const channel = connect(path);
  test.teardown(async () => {
    channel.close();
    await server.close();
  });
  return { path, channel };
}

t.test('a call that is answered once', async (t) => {
  const { channel } = await serve(
    t,
    implement(Images, {
      get: ({ name }, { namespace, lease }) => {
        if (name === 'sync') throw notFound('image "sync": not found');
        return { image: { name: `${namespace}/${lease}/${name}` } };
      },
      delete: async ({ name }) => {
        await sleep(1);
        throw alreadyExists(`100% ünïcode: ${name}\n`);
      },
    }),
  );
  const images = grpcClient(Images, channel, { namespace: 'n', lease: 'l' });
  t.equal((await images.get({ name: 'x' })).image?.name, 'n/l/x');
  await t.rejects(images.get({ name: 'sync' }), { message: 'image "sync": not found' });
  await t.rejects(images.get({ name: 'sync' }), fault({ kind: 'not found' }));
  await t.rejects(images.delete({ name: 'y' }), { message: '100% ünïcode: y\n' }, 'any text arrives whole');
  const many = await Promise.all(Array.from({ length: 200 }, (_, index) => images.get({ name: String(index) })));
  t.equal(many[199]?.image?.name, 'n/l/199');
});

t.test('what is not served', async (t) => {
  const { channel, path } = await serve(t, implement(Images, {}));
  t.equal(statSync(path).mode & 0o777, 0o660, 'and to whom');
  await t.rejects(grpcClient(Images, channel).get({}), {
    message: 'unknown method Get for service containerd.services.images.v1.Images',
  });
  await t.rejects(grpcClient(Content, channel).info({}), {
    message: 'unknown service containerd.services.content.v1.Content',
  });
});

t.test('a call that is answered many times', async (t) => {
  const { channel } = await serve(
    t,
    implement(Content, {
      async *read({ digest, size }) {
        if (digest === 'bad') throw invalidArgument('before any answer');
        for (let index = 0; index < size; index += 1) yield { offset: index, data: Buffer.alloc(1 << 20, index) };
        if (digest === 'breaks') throw invalidArgument('after the answers');
      },
    }),
  );
  const content = grpcClient(Content, channel);
  const read = async (digest: string, size: number): Promise<number> => {
    let bytes = 0;
    for await (const { offset, data } of content.read({ digest, size })) {
      if (data[data.length - 1] !== (offset & 0xff)) throw new Error('wrong data');
      bytes += data.length;
    }
    return bytes;
  };
  t.equal(await read('good', 40), 40 << 20);
  t.equal(await read('good', 0), 0);
  await t.rejects(read('bad', 1), { message: 'before any answer' });
  await t.rejects(read('breaks', 1), { message: 'after the answers' });
});

t.test('an answer that is too large', async (t) => {
  const images = Array.from({ length: 17 }, () => ({ name: 'x'.repeat(1 << 20) }));
  const { channel } = await serve(t, implement(Images, { list: () => ({ images }) }));
  await t.rejects(grpcClient(Images, channel).list({}), {
    kind: 'resource exhausted',
    message: /^grpc: trying to send message larger than max \(178\d+ vs\. 16777216\)$/,
  });
});

t.test('a conversation', async (t) => {
  const { channel } = await serve(
    t,
    implement(Content, {
      async *write(requests) {
        let offset = 0;
        for await (const { data, ref } of requests) {
          if (ref === 'stop') return;
          offset += data.length;
          yield { offset };
        }
      },
    }),
  );
  const content = grpcClient(Content, channel);
  const chunk = Buffer.alloc(3 << 20);
  const offsets: number[] = [];
  for await (const { offset } of content.write([{ data: chunk }, { data: chunk }, { data: Buffer.from('x') }] as never))
    offsets.push(offset);
  t.same(offsets, [3 << 20, 6 << 20, (6 << 20) + 1]);
  const stopped: number[] = [];
  for await (const { offset } of content.write([{ data: chunk }, { ref: 'stop' }, { data: chunk }] as never))
    stopped.push(offset);
  t.same(stopped, [3 << 20], 'the server may end it first');
});

t.test('a caller that leaves, or whose time is over', async (t) => {
  const ends: string[] = [];
  const waiting = (name: string, signal: AbortSignal) =>
    new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => {
        ends.push(name);
        resolve();
      }),
    );
  const { channel, path } = await serve(
    t,
    implement(Images, {
      get: async ({ name }, { signal }) => {
        await waiting(name, signal);
        return {};
      },
      list: () => ({ images: [] }),
    }),
  );
  const images = grpcClient(Images, channel);
  await t.rejects(images.get({ name: 'deadline' }, { timeoutMs: 50 }), fault({ kind: 'deadline exceeded' }));
  const controller = new AbortController();
  const left = images.get({ name: 'left' }, { signal: controller.signal });
  await sleep(50);
  controller.abort();
  await t.rejects(left, fault({ kind: 'cancelled' }));
  for (let wait = 0; wait < 100 && ends.length < 2; wait += 1) await sleep(10);
  t.match(ends, ['deadline', 'left']);
  const garbage = createConnection(path);
  garbage.on('error', () => undefined).end('GET / HTTP/1.1\r\n\r\n');
  await sleep(50);
  garbage.destroy();
  t.same((await images.list({})).images, [], 'garbage disturbs nobody');
});

t.test('a server that ends: its callers are told that it is not there', async (t) => {
  const path = join(temporaryDirectory(t), 'grpc.sock');
  const called = Promise.withResolvers<void>();
  const waiting = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      called.resolve();
      signal.addEventListener('abort', () => resolve());
    });
  const get = async (_: unknown, { signal }: { signal: AbortSignal }) => {
    await waiting(signal);
    return {};
  };
  const server = await serveGrpc(path, [implement(Images, { get })]);
  const channel = connect(path);
  t.teardown(() => channel.close());
  const call = grpcClient(Images, channel).get({});
  await called.promise;
  await Promise.all([t.rejects(call, fault({ kind: 'unavailable' })), server.close()]);
});
