/**
 * Layers on containerd's Diff service and on ours: the same blob gives the same digest and the same tree, on each
 * snapshotter; the same change to a tree gives the same entries. (GNU's old form of sparse files containerd refuses.)
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { mount, unmountTree } from '@drydock/linux/mount';
import { setXattr } from '@drydock/linux/xattr';
import { digestOf } from '@drydock/oci/digest';
import { Content, WriteAction } from '@drydock/rpc/generated/content';
import { Diff } from '@drydock/rpc/generated/diff';
import { Snapshots } from '@drydock/rpc/generated/snapshots';
import type { Mount } from '@drydock/rpc/generated/types';
import { connect, grpcClient } from '@drydock/rpc/grpc-client';
import t, { type Test } from 'tap';
import { btrfsDirectory } from '../snapshots/test-drivers.ts';
import { temporaryDirectory } from '../test-fixtures.ts';
import {
  leftovers,
  makeDirectory,
  missingPeers,
  realShim,
  removeStack,
  type Stack,
  startContainerd,
  startOurs,
} from '../test-stacks.ts';
import { decompressFile } from './decompress.ts';
import { readable, type TarEntry } from './tar-entry.ts';
import { TarReader } from './tar-reader.ts';

const noBtrfs = !/\tbtrfs\n/.test(readFileSync('/proc/filesystems', 'utf8'));
const snapshotters = ['overlayfs', 'native', ...(noBtrfs ? [] : ['btrfs'])];
const root = { 'containerd.io/gc.root': 'test' };
const layerType = 'application/vnd.oci.image.layer.v1.tar';

/** A supervisor as the test uses it. */
function clientsOf({ socket }: Stack, namespace: string) {
  const channel = connect(socket);
  return {
    close: () => channel.close(),
    content: grpcClient(Content, channel, { namespace }),
    diff: grpcClient(Diff, channel, { namespace }),
    snapshots: grpcClient(Snapshots, channel, { namespace }),
  };
}
type Clients = ReturnType<typeof clientsOf>;

async function write({ content }: Clients, data: Buffer): Promise<string> {
  const expected = digestOf(data);
  const common = { ref: expected, total: data.length, expected, labels: root };
  async function* requests() {
    for (let offset = 0; offset < data.length; offset += 1 << 20)
      yield { ...common, action: WriteAction.WRITE, offset, data: data.subarray(offset, offset + (1 << 20)) };
    yield { ...common, action: WriteAction.COMMIT, offset: data.length, data: new Uint8Array(0) };
  }
  for await (const _ of content.write(requests()));
  return expected;
}

/** Everything of a tree that a layer carries, as text. */
function describe(directory: string): string[] {
  const format = '%y %#m %U %G %s %T@ %n %l %P';
  const list = execFileSync('find', [directory, '-mindepth', '1', '-printf', `${format}\\n`], { encoding: 'latin1' });
  const lines = list
    .split('\n')
    .map((line) => (line.startsWith('d ') ? line.replace(/^(d \S+ \S+ \S+) \d+ (\S+) \d+/, '$1 $2') : line));
  const xattrs = execFileSync('getfattr', [
    '-R',
    '-h',
    '-d',
    '-m',
    '^(user|security)',
    '-e',
    'hex',
    '--absolute-names',
    directory,
  ])
    .toString('latin1')
    .replaceAll(directory, '');
  const sums = execFileSync('sh', [
    '-c',
    `cd '${directory}' && find . -type f -print0 | sort -z | xargs -0 sha256sum`,
  ]).toString('latin1');
  const devices = execFileSync('sh', [
    '-c',
    `cd '${directory}' && find . \\( -type c -o -type b \\) -exec stat -c '%n %t %T' {} + | sort`,
  ]).toString();
  return [
    ...lines.filter((line) => !/ lost\+found$/.test(line)).sort(),
    xattrs.split('\n\n').sort().join('\n'),
    sums,
    devices,
  ];
}

function within<T>(t: Test, mounts: readonly Mount[], action: (directory: string) => T): T {
  const directory = temporaryDirectory(t);
  for (const spec of mounts) mount(spec, directory);
  try {
    return action(directory);
  } finally {
    unmountTree(directory);
  }
}

/** A tree with one of everything. */
function fill(directory: string): void {
  const at = (...path: string[]): string => join(directory, ...path);
  mkdirSync(at('bin'));
  writeFileSync(at('bin/tool'), 'program', { mode: 0o755 });
  chownSync(at('bin/tool'), 12, 34);
  setXattr(at('bin/tool'), 'security.capability', Buffer.from('0100000200040000000000000000000000000000', 'hex'));
  setXattr(at('bin/tool'), 'user.note', Buffer.from([0, 255, 10]));
  linkSync(at('bin/tool'), at('bin/hard'));
  symlinkSync('/nowhere/at/all', at('bin/soft'));
  writeFileSync(at('bin/suid'), 's');
  chmodSync(at('bin/suid'), 0o6755);
  execFileSync('mknod', [at('null'), 'c', '1', '3']);
  execFileSync('mknod', [at('disk'), 'b', '8', '300']);
  execFileSync('mkfifo', [at('pipe')]);
  const long = at(...Array.from({ length: 6 }, (_, index) => `${index}`.repeat(60)));
  mkdirSync(long, { recursive: true });
  writeFileSync(join(long, `${'n'.repeat(200)}-ü-\n`), 'long');
  symlinkSync('t'.repeat(300), at('long-link'));
  mkdirSync(at('sticky'));
  chmodSync(at('sticky'), 0o1777);
  writeFileSync(at('sparse'), 'front');
  truncateSync(at('sparse'), 3_000_000);
  writeFileSync(at('big-owner'), '');
  chownSync(at('big-owner'), 3_000_000_000, 4_000_000);
  for (const name of ['gone', 'dir/gone', 'dir/stays', 'opaque/old', 'swap/inner']) {
    mkdirSync(join(at(name), '..'), { recursive: true });
    writeFileSync(at(name), name);
  }
  for (const name of ['bin/tool', 'sparse', 'dir/stays']) utimesSync(at(name), 1_000_000_000.25, 1_000_000_000.123456);
  utimesSync(at('dir'), 2000, 2000);
}

function change(directory: string): void {
  const at = (name: string): string => join(directory, name);
  for (const name of ['gone', 'dir/gone', 'bin/soft']) rmSync(at(name));
  rmSync(at('opaque'), { recursive: true });
  mkdirSync(at('opaque'));
  writeFileSync(at('opaque/new'), 'new');
  rmSync(at('swap'), { recursive: true });
  writeFileSync(at('swap'), 'now a file');
  chmodSync(at('sticky'), 0o700);
  writeFileSync(at('added'), 'a');
  linkSync(at('added'), at('added-too'));
  execFileSync('mknod', [at('zero'), 'c', '1', '5']);
  setXattr(at('bin/suid'), 'security.capability', Buffer.from('0100000200040000000000000000000000000000', 'hex'));
  // What is made now has one time on both.
  execFileSync('find', [directory, '-newermt', '2020-01-01', '-exec', 'touch', '-h', '-d', '@1500000000.5', '{}', '+']);
}

async function entriesOf(archive: string): Promise<string[]> {
  const entries: string[] = [];
  const reader = new TarReader({
    entry: ({ path, xattrs, modified, ...entry }: TarEntry) =>
      entries.push(
        JSON.stringify([
          readable(path),
          entry.type,
          entry.mode,
          entry.uid,
          entry.gid,
          entry.size,
          // A whiteout's time says nothing: containerd takes the present.
          path.includes('.wh.') ? '' : modified,
          readable(entry.target),
          entry.device,
          [...xattrs].map(([key, value]) => [key, Buffer.from(value).toString('hex')]),
        ]),
      ),
    data: () => undefined,
    end: () => undefined,
  });
  for await (const chunk of decompressFile(archive)) reader.push(chunk);
  return entries.sort();
}

t.test(
  'layers',
  { skip: missingPeers() ?? (spawnSync('getfattr', ['--version']).status !== 0 && 'needs getfattr') },
  async (t) => {
    const [place, theirs] = [makeDirectory(), makeDirectory()];
    const btrfs = noBtrfs ? undefined : btrfsDirectory(t);
    const plugins = (name: string): string => {
      if (btrfs === undefined) return '';
      mkdirSync(join(btrfs, name));
      return `[plugins."io.containerd.snapshotter.v1.btrfs"]\n  root_path = "${join(btrfs, name)}"\n`;
    };
    writeFileSync(join(place, 'c'), `version = 2\n${plugins('ours')}`);
    const ours = await startOurs(place, 'n', realShim, '--config', join(place, 'c'));
    const containerd = await startContainerd(theirs, 'n', { plugins: plugins('theirs') });
    t.teardown(() => Promise.all([ours.stop(), containerd.stop()]));
    const stacks = [
      { clients: clientsOf(ours, 'n'), blobs: join(place, 'root/io.containerd.content.v1.content/blobs/sha256') },
      {
        clients: clientsOf(containerd, 'n'),
        blobs: join(theirs, 'root/io.containerd.content.v1.content/blobs/sha256'),
      },
    ] as const;

    const source = temporaryDirectory(t);
    fill(source);
    const pack = (...options: string[]): Buffer =>
      execFileSync('tar', ['-C', source, '--numeric-owner', '--sort=name', ...options, '-cf', '-', '.'], {
        maxBuffer: 1 << 27,
      });
    const attributes = ['--xattrs', '--xattrs-include=*'];
    const plain = pack('--format=pax', ...attributes);
    const blobs: Readonly<Record<string, readonly [Buffer, type: string]>> = {
      plain: [plain, layerType],
      gzip: [gzipSync(plain), `${layerType}+gzip`],
      zstd: [Buffer.from(zstdCompressSync(plain)), `${layerType}+zstd`],
      'sparse, pax': [pack('--format=pax', '--sparse', ...attributes), layerType],
    };

    for (const snapshotter of snapshotters)
      for (const [name, [blob, mediaType]] of Object.entries(blobs))
        await t.test(`apply ${name} on ${snapshotter}`, async (t) => {
          const results = [];
          for (const { clients } of stacks) {
            const { diff, snapshots } = clients;
            const digest = await write(clients, blob).catch(() => digestOf(blob));
            const key = `apply-${name}`;
            const { mounts } = await snapshots.prepare({ snapshotter, key, parent: '', labels: root });
            const { applied } = await diff.apply({
              diff: { mediaType, digest, size: blob.length, annotations: {} },
              mounts,
              payloads: {},
            });
            results.push({ applied, tree: within(t, mounts, describe) });
            await snapshots.commit({ snapshotter, name: `layer-${name}`, key, labels: root });
          }
          t.same(results[0]?.applied, results[1]?.applied);
          t.same(results[0]?.tree, results[1]?.tree);
          t.ok((results[0]?.tree.length ?? 0) > 25);
        });

    for (const snapshotter of snapshotters)
      await t.test(`diff on ${snapshotter}`, async (t) => {
        const results = [];
        for (const { clients, blobs: directory } of stacks) {
          const { diff, snapshots } = clients;
          const { mounts: right } = await snapshots.prepare({
            snapshotter,
            key: 'changed',
            parent: 'layer-plain',
            labels: root,
          });
          within(t, right, change);
          const { mounts: left } = await snapshots.view({
            snapshotter,
            key: 'before',
            parent: 'layer-plain',
            labels: root,
          });
          const made = await diff.diff({ left, right, mediaType: layerType, ref: `diff-${snapshotter}`, labels: root });
          const digest = made.diff?.digest ?? '';
          // A whiteout's own time says nothing: containerd takes the present.
          const entries = await entriesOf(join(directory, digest.slice(7)));
          // What was made of a difference brings about the same again.
          const { mounts } = await snapshots.prepare({
            snapshotter,
            key: 'again',
            parent: 'layer-plain',
            labels: root,
          });
          await diff.apply({ diff: made.diff, mounts, payloads: {} });
          const whole = (lines: string[]) => lines.map((text) => text.replaceAll(/(\d+)\.\d{10}/g, '$1'));
          const [wanted, got] = [right, mounts].map((place) => whole(within(t, place, describe)));
          results.push({ entries });
          t.same(got, wanted, 'applied, the difference is the change');
        }
        t.same(results[0]?.entries, results[1]?.entries);
      });

    for (const { clients } of stacks) clients.close();
    for (const stack of [ours, containerd]) {
      await stack.stop();
      t.same(leftovers(stack.directory), []);
      removeStack(stack.directory, 'n');
    }
    t.same(
      readdirSync('/tmp').filter((name) => name.startsWith('drydock-mount-')),
      [],
    );
  },
);
