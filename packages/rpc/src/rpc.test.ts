/** One service over both transports: what goes in comes out, errors keep their kind, streams end, traces cross. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { currentTraceId, withTrace } from '@drydock/telemetry/trace';
import t from 'tap';
import { packAny, unpackAny } from './any.ts';
import { failedPrecondition, isKind, notImplemented, RpcError, unavailable } from './errors.ts';
import { Content, WriteAction } from './generated/content.ts';
import { TaskExit } from './generated/event_payloads.ts';
import { ConnectRequest, Task } from './generated/shim_task.ts';
import { Version } from './generated/version.ts';
import { serveGrpc } from './grpc/server.ts';
import { connect, grpcClient } from './grpc-client.ts';
import { implement } from './service.ts';
import { toTimestamp } from './timestamp.ts';
import { connectTtrpc, ttrpcClient } from './ttrpc-client.ts';
import { serveTtrpc } from './ttrpc-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'drydock-rpc-'));
t.teardown(() => rmSync(directory, { recursive: true }));

t.test('grpc', async (t) => {
  const path = join(directory, 'grpc.sock');
  const traces: (string | undefined)[] = [];
  const content = implement(Content, {
    async *write(requests) {
      let offset = 0;
      for await (const request of requests) {
        offset += request.data.length;
        yield { action: request.action, offset, digest: 'sha256:x' };
      }
    },
    async *read({ size }) {
      for (let index = 0; index < size; index += 1) yield { offset: index, data: Buffer.alloc(65536, index) };
    },
    info: () => {
      throw failedPrecondition('digest is busy: failed precondition');
    },
  });
  const version = implement(Version, {
    version: (_request, call) => {
      traces.push(currentTraceId());
      return { version: call.namespace ?? '', revision: call.lease ?? '' };
    },
  });
  const server = await serveGrpc(path, [content, version]);
  const channel = connect(path);
  t.teardown(async () => {
    channel.close();
    await server.close();
  });
  await channel.waitForReady(5000);

  const versions = grpcClient(Version, channel, { namespace: 'moby', lease: 'l1' });
  await withTrace('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', async () => {
    t.match(await versions.version({}), { version: 'moby', revision: 'l1' });
  });
  t.same(traces, ['0af7651916cd43dd8448eb211c80319c'], 'the handler runs in the trace of the caller');

  const client = grpcClient(Content, channel);
  await t.rejects(client.info({ digest: 'sha256:y' }), failedPrecondition('digest is busy: failed precondition'));
  t.ok(isKind(await client.abort({ ref: 'x' }).catch((error: unknown) => error), 'not implemented'));

  let bytes = 0;
  for await (const { data } of client.read({ size: 100 })) bytes += data.length;
  t.equal(bytes, 6_553_600, 'a stream arrives whole');

  async function* parts() {
    yield { action: WriteAction.WRITE, data: Buffer.from('ab') };
    yield { action: WriteAction.COMMIT, data: Buffer.from('c') };
  }
  const offsets: number[] = [];
  for await (const { offset } of client.write(parts())) offsets.push(offset);
  t.same(offsets, [2, 3]);
});

t.test('ttrpc', async (t) => {
  const path = join(directory, 'ttrpc.sock');
  const task = implement(Task, {
    connect: ({ id }, call) => ({ shimPid: 7, taskPid: id.length, version: call.namespace ?? '' }),
    shutdown: () => ({}),
    state: () => {
      throw failedPrecondition('no');
    },
    wait: () => new Promise(() => {}),
  });
  const server = await serveTtrpc(path, [task]);
  const connection = await connectTtrpc(path);
  const client = ttrpcClient(Task, connection, { metadata: { 'containerd-namespace-ttrpc': 'ns' } });
  t.match(await client.connect({ id: 'abc' }), { shimPid: 7, taskPid: 3, version: 'ns' });
  t.same(await client.shutdown({}), {}, 'an empty answer has an empty payload');
  await t.rejects(client.state({}), failedPrecondition('no'));
  await t.rejects(client.pause({}), notImplemented('method Pause'));
  await t.rejects(client.wait({}, { timeoutMs: 10 }), new RpcError('deadline exceeded', 'Wait: no answer in 10 ms'));
  const many = await Promise.all(
    Array.from({ length: 50 }, (_, index) => client.connect({ id: 'x'.repeat(index * 1000) })),
  );
  t.same(
    many.map(({ taskPid }) => taskPid),
    Array.from({ length: 50 }, (_, index) => index * 1000),
  );
  const pending = client.wait({}).catch((error: unknown) => error);
  await server.close();
  await connection.closed;
  t.ok(isKind(await pending, 'unavailable'), 'a lost connection fails what waits on it');
  await t.rejects(client.connect({ id: '' }), unavailable('ttrpc: closed'));
});

t.test('messages', async (t) => {
  const exited = {
    containerId: 'c',
    id: 'c',
    pid: 9,
    exitStatus: 137,
    exitedAt: toTimestamp(new Date(1_700_000_000_123)),
  };
  const any = packAny(TaskExit, exited);
  t.equal(any.typeUrl, 'containerd.events.TaskExit');
  t.same(unpackAny(TaskExit, { ...any, typeUrl: `type.googleapis.com/${any.typeUrl}` }), exited);
  t.throws(() => unpackAny(ConnectRequest, any), /expected containerd.task.v2.ConnectRequest/);
  t.same(TaskExit.decode(TaskExit.encode({ exitedAt: { seconds: -62135596800 } })).exitedAt, {
    seconds: -62135596800,
    nanos: 0,
  });
});
