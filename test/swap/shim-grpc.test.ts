/**
 * gRPC on a shim's socket, beside ttrpc: calls, streams, and reflection by which a client without any proto file finds out
 * what is served and calls it. What begins with neither protocol ends its own connection only.
 */
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as dial } from 'node:net';
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor.js';
import t from 'tap';
import type { Input } from '../../packages/rpc/src/codec.ts';
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from '../../packages/rpc/src/generated/reflection.ts';
import { Shim } from '../../packages/rpc/src/generated/shim_extra.ts';
import { Task } from '../../packages/rpc/src/generated/shim_task.ts';
import { connect, type GrpcChannel, grpcClient } from '../../packages/rpc/src/grpc-client.ts';
import { ttrpcClient } from '../../packages/rpc/src/ttrpc-client.ts';
import { until } from '../support/run.ts';
import { noRealShim, ourShim, outcome, ShimPlace } from '../support/shim-place.ts';

t.test('gRPC', { skip: noRealShim }, async (t) => {
  const place = new ShimPlace({ shim: ourShim });
  await place.listen();
  t.teardown(() => place.close());
  place.bundle('c', 'sleep 100');
  const { task, connection, address } = await place.start('c');
  const path = address.replace('unix://', '');
  const channel = connect(path);
  t.teardown(() => channel.close());
  const grpc = grpcClient(Task, channel);

  await t.test('the same answers and errors as over ttrpc, at the same time', async (t) => {
    t.same(await outcome(grpc.state({ id: 'c' })), await outcome(task.state({ id: 'c' })));
    await grpc.create(place.request('c'));
    await task.start({ id: 'c' });
    for (const call of [
      (client: typeof task) => client.state({ id: 'c' }),
      (client: typeof task) => client.connect({ id: 'c' }),
      (client: typeof task) => client.pids({ id: 'c' }),
      (client: typeof task) => client.exec({ id: 'none', execId: 'e' }),
      (client: typeof task) => client.kill({ id: 'c', execId: 'none', signal: 9 }),
    ])
      t.same(await outcome(call(grpc)), await outcome(call(task)));
    const version3 = grpcClient({ ...Task, name: 'containerd.task.v3.Task' }, channel);
    t.same(await version3.state({ id: 'c' }), await task.state({ id: 'c' }));
    const mixed = Array.from({ length: 200 }, (_, index) => (index % 2 ? grpc : task).state({ id: 'c' }));
    t.equal(new Set((await Promise.all(mixed)).map(({ pid }) => pid)).size, 1);
    t.same((await grpcClient(Shim, channel).state({})).containers[0]?.id, 'c');
  });

  await t.test('events as they happen', async (t) => {
    const left = new AbortController();
    const seen: string[] = [];
    const watched = (async () => {
      for await (const { topic } of grpcClient(Shim, channel).watch({}, { signal: left.signal })) {
        if (topic === '/tasks/start') await task.pause({ id: 'c' });
        if (topic === '/tasks/paused') await grpc.resume({ id: 'c' });
        seen.push(topic);
        if (topic === '/tasks/resumed') left.abort();
      }
    })();
    await t.rejects(watched, { kind: 'cancelled' } as never);
    t.same(seen, ['/tasks/create', '/tasks/start', '/tasks/paused', '/tasks/resumed']);
    t.match(await outcome(ttrpcClient(Shim, connection).watch({} as never) as never), /^not implemented/);
  });

  await t.test('reflection, and a client that knows nothing', async (t) => {
    for (const version of ['v1', 'v1alpha']) {
      const [listed] = await reflect(channel, version, [{ listServices: '*' }]);
      t.same(
        listed?.listServicesResponse?.service.map(({ name }) => name),
        [
          'containerd.task.v2.Task',
          'containerd.task.v3.Task',
          'drydock.shim.v1.Shim',
          'grpc.reflection.v1.ServerReflection',
          'grpc.reflection.v1alpha.ServerReflection',
        ],
      );
      for (const { name } of listed?.listServicesResponse?.service ?? []) {
        const service = await discover(channel, version, name);
        t.ok(service.methodsArray.length > 0, `${name} is described`);
      }
    }
    const [again, byName, none, extension, numbers] = await reflect(channel, 'v1', [
      { fileContainingSymbol: 'containerd.task.v2.Task.State' },
      { fileByFilename: 'shim_task.proto' },
      { fileContainingSymbol: 'no.such.Thing' },
      { fileContainingExtension: { containingType: 'containerd.task.v2.StateRequest', extensionNumber: 100 } },
      { allExtensionNumbersOfType: 'containerd.task.v2.StateRequest' },
    ]);
    t.ok((again?.fileDescriptorResponse?.fileDescriptorProto.length ?? 0) > 1, 'with what it imports');
    t.equal(byName?.fileDescriptorResponse?.fileDescriptorProto.length, 1, 'of which nothing is sent twice');
    t.match(none?.errorResponse, { errorCode: 5, errorMessage: /no\.such\.Thing/ });
    t.equal(extension?.errorResponse?.errorCode, 5);
    t.match(numbers?.allExtensionNumbersResponse, { extensionNumber: [] });
    t.match(await callUnknown(channel, 'containerd.task.v2.Task', 'State', { id: 'c' }), {
      id: 'c',
      status: 'RUNNING',
    });
    t.match(await callUnknown(channel, 'containerd.task.v3.Task', 'State', { id: 'c' }), { status: 'RUNNING' });
    t.match(await callUnknown(channel, 'containerd.task.v2.Task', 'State', { id: 'x' }), { code: 5 });
  });

  await t.test('what is neither protocol, and what breaks off', async (t) => {
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
    for (const garbage of [
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      'PRI * HTTP/1.0\r\n\r\n',
      `${preface}${'x'.repeat(100)}`,
    ])
      t.ok(await isEnded(path, garbage), JSON.stringify(garbage.slice(0, 40)));
    for (const half of ['', 'P', preface.slice(0, 20), preface]) await leave(path, half);
    t.match(await grpc.state({ id: 'c' }), { id: 'c' });
    t.match(await task.state({ id: 'c' }), { id: 'c' });
  });

  await t.test('a client that is gone leaves nothing', async (t) => {
    const shim = ttrpcClient(Shim, connection);
    const before = (await shim.descriptors({})).descriptors.length;
    const socket = dial(path);
    const session = connectHttp2('http://localhost', { createConnection: () => socket });
    const watching = session.request({
      ':method': 'POST',
      ':path': '/drydock.shim.v1.Shim/Watch',
      'content-type': 'application/grpc',
    });
    watching.end(Buffer.alloc(5));
    await once(watching, 'data');
    t.equal((await shim.descriptors({})).descriptors.length, before + 1);
    socket.destroy();
    await until('it is gone', async () => (await shim.descriptors({})).descriptors.length === before);
    await grpc.kill({ id: 'c', signal: 9 });
    t.match(await grpc.wait({ id: 'c' }), { exitStatus: 137 });
    await grpc.delete({ id: 'c' });
    const last = grpcClient(Shim, channel).watch({});
    t.same(await grpc.shutdown({ id: 'c' }), {});
    const topics: string[] = [];
    for await (const { topic } of last) topics.push(topic);
    t.same(topics.slice(-2), ['/tasks/exit', '/tasks/delete'], 'who watches sees the end');
  });
});

/** Asks questions on one stream. */
async function reflect(
  channel: GrpcChannel,
  version: string,
  questions: readonly Input<ServerReflectionRequest>[],
): Promise<ServerReflectionResponse[]> {
  const service = { ...ServerReflection, name: `grpc.reflection.${version}.ServerReflection` };
  const asked = (async function* () {
    yield* questions;
  })();
  const answers: ServerReflectionResponse[] = [];
  for await (const answer of grpcClient(service, channel).serverReflectionInfo(asked)) answers.push(answer);
  return answers;
}

/** A service by its descriptors alone; it has all its types. */
async function discover(channel: GrpcChannel, version: string, name: string): Promise<protobuf.Service> {
  const [answer] = await reflect(channel, version, [{ fileContainingSymbol: name }]);
  const file = (answer?.fileDescriptorResponse?.fileDescriptorProto ?? []).map((bytes) =>
    descriptor.FileDescriptorProto.decode(bytes),
  );
  const root = (protobuf.Root as unknown as { fromDescriptor(set: object): protobuf.Root }).fromDescriptor({ file });
  root.resolveAll();
  return root.lookupService(name);
}

/** Calls a method by what reflection tells of it; answers the message in JSON, or the error. */
async function callUnknown(channel: GrpcChannel, name: string, method: string, request: object): Promise<object> {
  const service = await discover(channel, 'v1', name);
  const { resolvedRequestType: input, resolvedResponseType: output } = service.methods[method]!;
  return new Promise((resolve) =>
    channel.client.makeUnaryRequest(
      `/${name}/${method}`,
      (value: object) => Buffer.from(input!.encode(input!.fromObject(value)).finish()),
      (bytes) => output!.toObject(output!.decode(bytes), { enums: String }),
      request,
      (error, answer) => resolve(error ?? answer ?? {}),
    ),
  );
}

/** Whether the shim ends a connection that begins so. */
function isEnded(path: string, bytes: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = dial(path, () => socket.write(bytes));
    socket.resume();
    socket.once('close', () => resolve(true));
    socket.once('error', reject);
  });
}

/** Says something and goes. */
function leave(path: string, bytes: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = dial(path, () => socket.write(bytes, () => socket.destroy()));
    socket.once('close', () => resolve());
    socket.once('error', reject);
  });
}
