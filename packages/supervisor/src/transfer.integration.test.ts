/**
 * The Transfer service on real registries: Debian's docker-registry, open, behind TLS, with a password, and behind a proxy that
 * breaks things. What it stores is what containerd's own client stores.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packAny, unpackAny } from '@drydock/rpc/any';
import type { RpcError } from '@drydock/rpc/errors';
import { Content } from '@drydock/rpc/generated/content';
import type { Any } from '@drydock/rpc/generated/google';
import { Images } from '@drydock/rpc/generated/images';
import { Streaming } from '@drydock/rpc/generated/streaming';
import { Transfer } from '@drydock/rpc/generated/transfer';
import {
  AuthResponse,
  AuthType,
  ImageExportStream,
  ImageImportStream,
  ImageStore,
  OCIRegistry,
  Progress,
} from '@drydock/rpc/generated/transfer_types';
import { connect, grpcClient } from '@drydock/rpc/grpc-client';
import { receiveBytes, sendBytes } from '@drydock/transfer/stream/bytes';
import { openStream } from '@drydock/transfer/stream/stream';
import { FaultyProxy } from '@drydock/transfer/testing/faulty-proxy';
import { missingRegistry, TestRegistry } from '@drydock/transfer/testing/test-registry';
import t from 'tap';
import {
  busyboxArchive,
  image,
  leftovers,
  makeDirectory,
  missingPeers,
  realShim,
  removeStack,
  startContainerd,
  startOurs,
} from './test-stacks.ts';

const missing = missingPeers() ?? missingRegistry();
if (missing !== undefined) t.pass('transfers', { skip: missing });
else await run();

async function run(): Promise<void> {
  const directories = [makeDirectory(), makeDirectory()] as const;
  const names = [`tr1-${process.pid}`, `tr2-${process.pid}`] as const;
  const ours = await startOurs(directories[0], names[0], realShim);
  const real = await startContainerd(directories[1], names[1]);
  const channel = connect(ours.socket);
  const options = { namespace: names[0] };
  const service = grpcClient(Transfer, channel, options);
  const streaming = grpcClient(Streaming, channel, options);
  const images = grpcClient(Images, channel, options);
  const content = grpcClient(Content, channel, options);
  const registries: { stop(): Promise<void> }[] = [];
  t.teardown(async () => {
    for (const registry of registries) await registry.stop();
    channel.close();
    for (const { child } of [ours, real]) child.kill('SIGTERM');
    for (const index of [0, 1] as const) removeStack(directories[index], names[index]);
  });
  const open = await TestRegistry.start(join(directories[0], 'open'));
  registries.push(open);
  const archive = join(directories[1], 'image.tar');
  writeFileSync(archive, busyboxArchive());
  await real.ctr('images', 'import', archive);

  let streams = 0;
  /** Runs a transfer; answers what its progress stream told. */
  const transfer = async (source: Any, destination: Any): Promise<Progress[]> => {
    streams += 1;
    const id = `progress-${streams}`;
    const stream = await openStream(streaming, id);
    const told = (async () => {
      const messages: Progress[] = [];
      for (let next = await stream.receive(); next; next = await stream.receive())
        messages.push(unpackAny(Progress, next));
      return messages;
    })();
    try {
      await service.transfer({ source, destination, options: { progressStream: id } });
    } finally {
      await told;
      stream.close();
    }
    return told;
  };
  const registry = (reference: string, resolver = {}): Any => packAny(OCIRegistry, { reference, resolver });
  const store = (name: string, more = {}): Any => packAny(ImageStore, { name, ...more });
  const unpacks = [{ snapshotter: 'overlayfs' }];
  const remove = async (name: string): Promise<void> => void (await images.delete({ name, sync: true }));
  const blobs = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { info } of content.list({})) found.push(...info.map(({ digest }) => digest));
    return found.sort();
  };

  const name = `${open.host}/library/busybox:1`;

  await t.test('an archive is imported, an image pushed, pulled, tagged and exported', async (t) => {
    const input = await openStream(streaming, 'in');
    const sending = sendBytes(input, chunks(readFileSync(archive)));
    const told = await transfer(
      packAny(ImageImportStream, { stream: 'in' }),
      store('', { unpacks, extraReferences: [{ name: 'x', isPrefix: true, allowOverwrite: true }] }),
    );
    await sending;
    t.same(
      told.map(({ event, name }) => `${event} ${name}`.trim()),
      ['Importing', `saved ${image}`, 'Completed import'],
    );
    await transfer(store(image), store(name));
    const pushed = await transfer(store(name), registry(name));
    t.equal(pushed.at(-1)?.event, `Completed push to OCI Registry (${name})`);
    const target = (await images.get({ name })).image?.target;
    for (const each of [image, name]) await remove(each);
    t.same(await blobs(), [], 'nothing is left');

    const pulled = await transfer(registry(name), store(name, { unpacks, labels: { a: 'b' } }));
    t.equal(pulled[0]?.event, `Resolving from OCI Registry (${name})`);
    const states = new Set(pulled.map(({ event }) => event));
    for (const state of ['waiting', 'complete', 'extracting', 'extracted', 'saved']) t.ok(states.has(state), state);
    const { image: found } = await images.get({ name });
    t.match(found, { labels: { a: 'b' }, target: { digest: target?.digest } });
    const run = await ours.ctr('run', '--rm', name, 'x1', 'echo', 'hi');
    t.match(run, { code: 0, stdout: 'hi\n' }, run.stderr);

    const output = await openStream(streaming, 'out');
    const received = collect(receiveBytes(output));
    await transfer(store(name), packAny(ImageExportStream, { stream: 'out' }));
    const exported = join(directories[1], 'exported.tar');
    writeFileSync(exported, await received);
    t.match(
      await real.ctr('images', 'import', exported),
      { code: 0, stdout: /^unpacking .*busybox:1 .*done/m },
      'containerd reads it',
    );
  });

  await t.test('the labels and blobs are those of containerd', async (t) => {
    t.match(await real.ctr('images', 'pull', '--plain-http', name), { code: 0 });
    const listing = async (stack: typeof ours): Promise<string[]> =>
      (await stack.ctr('content', 'ls')).stdout
        .split('\n')
        .slice(1)
        .filter((line) => line.includes('distribution.source'))
        .map((line) =>
          line
            .replace(/\t(\d+ \w+|Less than a second|About a minute)( ago)?\s*/, '\t')
            .replace(/[\w./]+=[^\s]*/g, (labels) => labels.split(',').sort().join(',')),
        )
        .map((line) =>
          line.replace(/\s+/g, ' ').replace(/(\d+ seconds?|Less than a second|About a minute|\d+ minutes?) /, ''),
        );
    const [our, their] = [await listing(ours), await listing(real)];
    t.ok(our.length >= 3);
    t.same(our, their);
  });

  await t.test('what cannot be', async (t) => {
    const fails = (source: Any, destination: Any, kind: RpcError['kind'], message: RegExp) =>
      t.rejects(transfer(source, destination), { kind, message });
    await fails(registry(`${open.host}/nosuch:1`), store('x'), 'not found', /nosuch:1: not found/);
    await fails(registry('nosuch'), store('x'), 'invalid argument', /object required/);
    await fails(registry(`127.0.0.1:1/a:1`), store('x'), 'unavailable', /connection refused/);
    await fails(registry(name, { authStream: 'nosuch' }), store('x'), 'not found', /stream nosuch/);
    await fails(registry(name), registry(name), 'not implemented', /OCIRegistry to .*OCIRegistry/);
    await fails(store('nosuch'), store('x'), 'not found', /image "nosuch"/);
    await fails(registry(name), store('', {}), 'not found', /no image name/);
  });

  await t.test('a registry that breaks: each is made good, or told exactly', async (t) => {
    const proxy = await FaultyProxy.start(open.host);
    registries.push(proxy);
    const through = `${proxy.host}/library/busybox:1`;
    const pull = async (): Promise<Progress[]> => {
      for (const { name } of (await images.list({})).images) await remove(name);
      return transfer(registry(through), store(through, { unpacks }));
    };
    for (const [fault, requests] of [
      ['cut', /GET .*\/blobs\/.*bytes=\d+-/],
      ['too many requests', /GET .*\/blobs\//],
      ['unavailable', /GET .*\/blobs\//],
      ['slow', /GET .*\/blobs\//],
    ] as const) {
      proxy.fault = fault;
      await pull();
      t.match(proxy.log.join('\n'), requests, fault);
      t.equal((await images.get({ name: through })).image?.name, through, fault);
    }
    for (const [fault, kind, message] of [
      ['wrong bytes', 'failed precondition', /unexpected commit digest|digest/],
      ['truncated', 'unknown', /blob sha256:[0-9a-f]{64}: cut off at byte \d+ of \d+/],
      ['always unavailable', 'unknown', /503 Service Unavailable/],
    ] as const) {
      proxy.fault = fault;
      await t.rejects(pull(), { kind, message }, fault);
      t.same((await images.list({})).images, [], 'no image is made');
    }
    proxy.fault = 'cut';
    await pull();
    await transfer(store(through), store(`${proxy.host}/other/busybox:2`));
    proxy.fault = 'cut upload';
    await transfer(store(`${proxy.host}/other/busybox:2`), registry(`${proxy.host}/other/busybox:2`));
    t.match(
      await real.ctr('images', 'pull', '--plain-http', `${open.host}/other/busybox:2`),
      { code: 0 },
      'the upload is whole',
    );
  });

  await t.test('TLS and a password, by hosts.toml and a stream', async (t) => {
    const secret = await TestRegistry.start(join(directories[0], 'secret'), {
      tls: true,
      user: 'user',
      password: 'secret',
    });
    registries.push(secret);
    const hosts = join(directories[0], 'hosts');
    secret.writeHosts(hosts);
    for (const { name } of (await images.list({})).images) await remove(name);
    await transfer(registry(name), store(name, { unpacks }));
    const target = `${secret.host}/mine/busybox:1`;
    await transfer(store(name), store(target));
    let asked = 0;
    const answering = async (id: string, password: string): Promise<() => void> => {
      const stream = await openStream(streaming, id);
      const answers = (async () => {
        for (let next = await stream.receive(); next; next = await stream.receive()) {
          asked += 1;
          stream.send(packAny(AuthResponse, { authType: AuthType.CREDENTIALS, username: 'user', secret: password }));
        }
      })();
      // The server ends streams without a status when it stops.
      answers.catch(() => undefined);
      return () => stream.close();
    };
    const right = await answering('right', 'secret');
    const wrong = await answering('wrong', 'no');
    const resolver = { hostDir: hosts, defaultScheme: 'https', authStream: 'right' };
    await t.rejects(transfer(store(target), registry(target, { ...resolver, hostDir: '' })), {
      message: /x509|certificate/,
    });
    await t.rejects(transfer(store(target), registry(target, { ...resolver, authStream: '' })), {
      message: /no basic auth credentials/,
    });
    await t.rejects(transfer(store(target), registry(target, { ...resolver, authStream: 'wrong' })), {
      message: /401|[Uu]nauthorized/,
    });
    await transfer(store(target), registry(target, resolver));
    t.ok(asked > 0);
    await remove(target);
    await remove(name);
    await transfer(registry(target, resolver), store(target, { unpacks }));
    t.match(await ours.ctr('run', '--rm', target, 'x2', 'echo', 'hi'), { code: 0, stdout: 'hi\n' });
    right();
    wrong();
  });

  await t.test('a mirror comes first, and what it lacks comes from the registry', async (t) => {
    const mirror = await FaultyProxy.start(open.host);
    registries.push(mirror);
    const hosts = join(directories[0], 'mirrors');
    open.writeHosts(hosts, `[host."http://${mirror.host}"]\n  capabilities = ["pull"]\n`);
    for (const fault of ['none', 'missing'] as const) {
      mirror.fault = fault;
      mirror.log.length = 0;
      for (const { name } of (await images.list({})).images) await remove(name);
      await transfer(registry(name, { hostDir: hosts }), store(name, { unpacks }));
      t.match(mirror.log.join('\n'), new RegExp(`ns=${encodeURIComponent(open.host)}`), fault);
      t.notMatch(mirror.log.join('\n'), /HEAD /, 'a mirror that may not resolve is not asked what a tag is');
    }
  });

  await t.test('a client that leaves ends its transfer', async (t) => {
    const slow = await FaultyProxy.start(open.host);
    registries.push(slow);
    slow.fault = 'stalled';
    for (const { name } of (await images.list({})).images) await remove(name);
    const abort = new AbortController();
    const through = `${slow.host}/library/busybox:1`;
    const call = service.transfer({ source: registry(through), destination: store(through) }, { signal: abort.signal });
    await slow.stalled;
    abort.abort();
    await t.rejects(call);
    await slow.abandoned;
    t.pass('the download was given up');
  });

  await t.test('what is left', async (t) => {
    for (const { name } of (await images.list({})).images) await remove(name);
    for (const registry of registries.splice(0)) await registry.stop();
    await Promise.all([real.stop(), ours.stop()]);
    t.same(leftovers(directories[0]), []);
  });
}

async function* chunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}
