/** The supervisor beside containerd, each alone: what their clients wait for, and the memory that they hold. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf } from '../../packages/oci/src/digest.ts';
import { Content, WriteAction } from '../../packages/rpc/src/generated/content.ts';
import { Events } from '../../packages/rpc/src/generated/events.ts';
import { grpcClient } from '../../packages/rpc/src/grpc-client.ts';
import { TestRegistry } from '../../packages/transfer/src/testing/test-registry.ts';
import { eachOf, Fleet } from '../../test/support/fleet.ts';
import { run } from '../../test/support/run.ts';
import {
  busyboxArchive,
  type Daemon,
  makeDirectory,
  startContainerd,
  startSupervisor,
} from '../../test/support/stacks.ts';
import { median, memory, type Named, type Result, result } from './compare.ts';
import { type LargeImage, makeLargeImage } from './large-image.ts';

export interface SupervisorOptions {
  readonly rounds: number;
  /** Megabytes of the image that is imported and pulled. */
  readonly megabytes: number;
  readonly wanted: (name: string) => boolean;
}

/** A containerd, and a client of it. */
interface Side {
  readonly daemon: Daemon;
  readonly fleet: Fleet;
  readonly content: ReturnType<typeof grpcClient<typeof Content>>;
  readonly events: ReturnType<typeof grpcClient<typeof Events>>;
  /** Runs ctr; throws if it fails. */
  ctr(...args: readonly string[]): Promise<void>;
}

/** A figure of one side, taken once; `round` tells one measurement from the next. */
type Measure = (side: Side, round: number) => Promise<number>;

const namespace = 'bench';
const busybox = 'docker.io/library/busybox:latest';
const blobSize = 128e6;
const chunkSize = 1 << 20;
const atOnce = 10;
const subscribers = 20;
const eventCount = 2000;

/** All measurements of the supervisor that are wanted. */
export async function supervisorResults({ rounds, megabytes, wanted }: SupervisorOptions): Promise<Result[]> {
  const directory = makeDirectory('bench');
  const ends: (() => Promise<void> | void)[] = [() => rmSync(directory, { recursive: true, force: true })];
  const results: Result[] = [];
  try {
    const open = async (name: string, start: (place: string) => Promise<Daemon>): Promise<Side> => {
      mkdirSync(join(directory, name));
      const daemon = await start(join(directory, name));
      ends.push(() => daemon.stop());
      return openSide(daemon);
    };
    const sides = [await open('ours', startSupervisor), await open('real', startContainerd)] as const;
    ends.push(() => {
      for (const { fleet } of sides) fleet.close();
    });
    /** The medians of measurements of both in turn, after one of each that does not count. */
    const compare = async (named: Named, measure: Measure, times = rounds): Promise<void> => {
      if (!wanted(named.name)) return;
      const samples: [number[], number[]] = [[], []];
      for (let round = times === 1 ? 0 : -1; round < times; round += 1)
        for (const [index, side] of sides.entries()) {
          const figure = await measure(side, round);
          if (round >= 0) samples[index]?.push(figure);
        }
      results.push(result(named, median(samples[0]), median(samples[1])));
    };
    const few = Math.min(rounds, 3);
    const rate = (name: string, goal?: number): Named => ({ name, unit: 'MB/s', goal, isRate: true });

    await compare({ name: 'supervisor idle, PSS', unit: 'kB' }, async ({ daemon }) => pssOf(daemon), 1);
    await compare({ name: '100 containers, start and delete', unit: 'ms', goal: 0.8 }, hundredContainers, few);
    await compare({ name: 'supervisor with 100 containers, PSS', unit: 'kB' }, memoryWithHundred, 1);
    const names = ['images import and unpack', 'images pull and unpack'];
    if (names.some(wanted)) {
      const image = makeLargeImage(directory, megabytes);
      await compare(rate(names[0]!, 1), (side) => importRate(side, image), few);
      const registry = await TestRegistry.start(join(directory, 'registry'));
      ends.push(() => registry.stop());
      const reference = `${registry.host}/large:latest`;
      if (wanted(names[1]!)) await push(sides[1], image, reference);
      await compare(rate(names[1]!, 1), (side) => pullRate(side, image, reference), few);
    }
    const blob = randomBytes(blobSize);
    await compare(rate('content write'), (side) => writeRate(side, blob), few);
    await compare(rate('content read'), (side) => readRate(side, blob), few);
    const perSecond = { name: `events to ${subscribers} subscribers`, unit: 'events/s', isRate: true };
    await compare(perSecond, eventRate, few);
    await compare({ name: 'ctr containers ls, 10,000 of them', unit: 'ms' }, listTime, Math.max(few, 2));
  } finally {
    for (const end of ends.reverse()) await end();
  }
  return results;
}

async function openSide(daemon: Daemon): Promise<Side> {
  const ctr = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await run('ctr', ['-a', daemon.socket, '-n', namespace, ...args]);
    if (code !== 0) throw new Error(`ctr ${args.join(' ')}: ${stderr}`);
  };
  await ctr('images', 'import', busyboxArchive());
  const fleet = await Fleet.open({ socket: daemon.socket, namespace, image: busybox });
  const content = grpcClient(Content, fleet.channel, { namespace });
  const events = grpcClient(Events, fleet.channel, { namespace });
  return { daemon, fleet, content, events, ctr };
}

/** Milliseconds of a hundred containers' start and deletion. */
async function hundredContainers({ fleet }: Side, round: number): Promise<number> {
  const ids = hundred(round);
  const started = performance.now();
  await startAll(fleet, ids);
  await deleteAll(fleet, ids);
  return performance.now() - started;
}

async function memoryWithHundred({ daemon, fleet }: Side): Promise<number> {
  const ids = hundred(1000);
  await startAll(fleet, ids);
  await sleep(3000);
  const held = pssOf(daemon);
  await deleteAll(fleet, ids);
  return held;
}

function hundred(round: number): string[] {
  return Array.from({ length: 100 }, (_, index) => `c${round}-${index}`);
}

function startAll(fleet: Fleet, ids: readonly string[]): Promise<void> {
  return eachOf(ids, atOnce, async (id) => {
    await fleet.create(id, ['sleep', '3600']);
    await fleet.start(id);
  });
}

function deleteAll(fleet: Fleet, ids: readonly string[]): Promise<void> {
  return eachOf(ids, atOnce, async (id) => {
    await fleet.kill(id, 9);
    await fleet.collect(id);
    await fleet.remove(id);
  });
}

async function importRate({ ctr }: Side, { path, name, size }: LargeImage): Promise<number> {
  const seconds = await secondsOf(() => ctr('images', 'import', path));
  await ctr('images', 'rm', '--sync', name);
  return size / 1e6 / seconds;
}

async function push({ ctr }: Side, { path, name }: LargeImage, reference: string): Promise<void> {
  await ctr('images', 'import', '--no-unpack', path);
  await ctr('images', 'push', '--plain-http', reference, name);
  await ctr('images', 'rm', '--sync', name);
}

async function pullRate({ ctr }: Side, { size }: LargeImage, reference: string): Promise<number> {
  const seconds = await secondsOf(() => ctr('images', 'pull', '--plain-http', reference));
  await ctr('images', 'rm', '--sync', reference);
  return size / 1e6 / seconds;
}

async function writeRate({ content }: Side, blob: Buffer): Promise<number> {
  const digest = digestOf(blob);
  const seconds = await secondsOf(() => write(content, blob));
  await content.delete({ digest });
  return blob.length / 1e6 / seconds;
}

async function readRate({ content }: Side, blob: Buffer): Promise<number> {
  const digest = digestOf(blob);
  await write(content, blob);
  let length = 0;
  const seconds = await secondsOf(async () => {
    for await (const { data } of content.read({ digest })) length += data.length;
  });
  if (length !== blob.length) throw new Error(`read ${length} bytes of ${blob.length}`);
  await content.delete({ digest });
  return blob.length / 1e6 / seconds;
}

async function write(content: Side['content'], blob: Buffer): Promise<void> {
  const [ref, expected, total] = [`bench-${process.pid}`, digestOf(blob), blob.length];
  const labels = { 'containerd.io/gc.root': new Date().toISOString() };
  async function* requests() {
    for (let offset = 0; offset < blob.length; offset += chunkSize)
      yield { action: WriteAction.WRITE, ref, offset, total, data: blob.subarray(offset, offset + chunkSize) };
    yield { action: WriteAction.COMMIT, ref, offset: blob.length, total, expected, labels };
  }
  for await (const _ of content.write(requests()));
}

/** Events that all subscribers have heard, a second. */
async function eventRate({ events }: Side, round: number): Promise<number> {
  const ends = new AbortController();
  const topic = `/bench/round${round + 1}`;
  const heard = Array.from({ length: subscribers }, async () => {
    let count = 0;
    for await (const _ of events.subscribe({ filters: [`topic=="${topic}"`] }, { signal: ends.signal })) {
      count += 1;
      if (count === eventCount) return;
    }
  });
  // Whether a subscription is there is not told.
  await sleep(500);
  const event = { typeUrl: 'bench', value: randomBytes(200) };
  const seconds = await secondsOf(async () => {
    await eachOf(Array.from({ length: eventCount }), atOnce, () =>
      events.publish({ topic, event }).then(() => undefined),
    );
    await Promise.all(heard);
  });
  ends.abort();
  return eventCount / seconds;
}

/** Milliseconds of a listing; the containers are made before the first, and stay. */
async function listTime({ fleet, ctr }: Side, round: number): Promise<number> {
  if (round === -1)
    await eachOf(Array.from({ length: 10_000 }).keys(), 50, async (index) => {
      const record = { ...fleet.record(`many${index}`, ['true']), snapshotKey: '', snapshotter: '' };
      await fleet.containers.create({ container: record });
    });
  return (await secondsOf(() => ctr('containers', 'ls', '-q'))) * 1000;
}

async function secondsOf(action: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await action();
  return (performance.now() - started) / 1000;
}

function pssOf({ pid }: Daemon): number {
  return memory(pid).Pss ?? 0;
}
