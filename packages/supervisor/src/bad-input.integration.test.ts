/** Images that are not what they say, and disks that are full: refused as containerd refuses them, nothing left behind. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mount, unmount } from '@drydock/linux/mount';
import { digestOf } from '@drydock/oci/digest';
import t, { type Test } from 'tap';
import { type EntryInput, tar } from './test-fixtures.ts';
import {
  imageArchive,
  leftovers,
  makeDirectory,
  missingPeers,
  type Outcome,
  realShim,
  removeStack,
  type Stack,
  startContainerd,
  startOurs,
} from './test-stacks.ts';

const missing = missingPeers();
if (missing !== undefined) t.pass('bad input', { skip: missing });
else await testAll();

/** Imports an archive; answers the outcome without what differs from one stack to the other. */
async function importArchive(stack: Stack, archive: Buffer): Promise<Outcome> {
  const file = join(stack.directory, 'image.tar');
  writeFileSync(file, archive);
  const { code, stdout, stderr } = await stack.ctr('images', 'import', file);
  const plain = (text: string): string =>
    text
      .replaceAll(stack.directory, 'DIRECTORY')
      .replace(/snapshots\/\d+/g, 'snapshots/N')
      .replace(/time="[^"]*"|extract-\d+-\S+/g, '');
  return { code, stdout: plain(stdout), stderr: plain(stderr) };
}

async function snapshots(stack: Stack): Promise<string[]> {
  return (await stack.ctr('snapshots', 'ls')).stdout.trim().split('\n').slice(1);
}

async function testAll(): Promise<void> {
  const [realDirectory, ourDirectory] = [makeDirectory(), makeDirectory()];
  const real = await startContainerd(realDirectory, 'bad');
  const ours = await startOurs(ourDirectory, 'bad', realShim);
  t.teardown(() => {
    for (const { child } of [real, ours]) child.kill('SIGTERM');
    for (const directory of [realDirectory, ourDirectory]) removeStack(directory, 'bad');
  });
  const both = (archive: Buffer) => Promise.all([importArchive(ours, archive), importArchive(real, archive)]);

  await t.test('a layer that does not match the digest in its configuration', async (t) => {
    const layer = tar({ path: 'file', data: 'x' });
    const [our, their] = await both(imageArchive(layer, 'bad:1', digestOf('another')));
    t.same(our, their);
    t.match(our, { code: 1, stderr: /wrong diff id calculated on extraction/ });
    t.same(await snapshots(ours), []);
  });

  await t.test('a blob that does not match its name', async (t) => {
    const [our, their] = await both(layoutWithWrongBlob());
    t.same(our, their);
    t.match(our, {
      code: 1,
      stderr: /failed to get reader from content store: content digest sha256:0{64}: not found/,
    });
  });

  await t.test('a layer that is no archive', async (t) => {
    const [our, their] = await both(imageArchive(Buffer.alloc(2048, 'x'), 'bad:2'));
    t.equal(our.code, their.code);
    const extraction = /^ctr: failed to extract layer sha256:[0-9a-f]{64}: .*invalid tar header.*: unknown$/m;
    for (const { stderr } of [our, their]) t.match(stderr, extraction);
    t.same(await snapshots(ours), []);
  });

  await t.test('entries that leave the root end up inside', async (t) => {
    const entries: EntryInput[] = [
      { path: '../../escaped', data: 'evil' },
      { path: 'up', type: 'symlink', target: '../../..' },
      { path: 'up/linked', data: 'evil' },
    ];
    const [our, their] = await both(imageArchive(tar(...entries), 'bad:3'));
    t.same(our, their);
    t.equal(our.code, 0);
    for (const directory of [ourDirectory, realDirectory]) {
      const layers = join(directory, 'root/io.containerd.snapshotter.v1.overlayfs/snapshots');
      const layer = Math.max(...readdirSync(layers).map(Number));
      t.same(readdirSync(join(layers, String(layer), 'fs')).sort(), ['escaped', 'linked', 'up']);
    }
    for (const { ctr } of [ours, real]) await ctr('images', 'rm', '--sync', 'docker.io/library/bad:3');
  });

  await t.test('a hard link to a file outside', async (t) => {
    const target = `../../../../../../../../..${join(ourDirectory, 'sv.sock')}`;
    const [our, their] = await both(imageArchive(tar({ path: 'stolen', type: 'link', target }), 'bad:4'));
    t.equal(our.code, 1);
    t.equal(their.code, 1);
    t.match(our.stderr, /link .*stolen: no such file or directory/);
    t.same(await snapshots(ours), []);
  });

  await t.test('a full disk', fullDisk);
  await t.test('the end', async (t) => {
    await Promise.all([real.stop(), ours.stop()]);
    t.same(leftovers(ourDirectory), [], 'nothing is left');
  });
}

async function fullDisk(t: Test): Promise<void> {
  const layer = tar({ path: 'small', data: 's' }, { path: 'big', data: Buffer.alloc(5 << 20) });
  const archive = imageArchive(layer, 'full:1');
  const startOurStack = (directory: string, name: string) => startOurs(directory, name, realShim);
  /** Imports on a root of so many megabytes; answers the outcome and the snapshots that are left. */
  const onDisk = async (
    size: string,
    start: typeof startContainerd,
  ): Promise<{ code: number; stderr: string; left: string[] }> => {
    const directory = makeDirectory();
    const root = join(directory, 'root');
    mkdirSync(root);
    mount({ type: 'tmpfs', source: 'tmpfs', options: [`size=${size}`] }, root);
    const stack = await start(directory, 'full');
    try {
      return { ...(await importArchive(stack, archive)), left: await snapshots(stack) };
    } finally {
      await stack.stop();
      unmount(root, { detach: true });
      removeStack(directory, 'full');
    }
  };
  // Containerd itself cannot remove the snapshot then: its database has no room either.
  t.match(await onDisk('8m', startContainerd), { code: 1, stderr: /big: no space left on device: unknown/ });
  t.match(await onDisk('8m', startOurStack), {
    code: 1,
    stderr: /write DIRECTORY\/root\/.*\/snapshots\/N\/fs\/big: no space left on device: unknown/,
    left: [],
  });
  const written = {
    code: 1,
    stderr: /write DIRECTORY\/root\/.*\/ingest\/[^/]+\/data: no space left on device: unknown/,
  };
  t.match(await onDisk('2m', startContainerd), written);
  t.match(await onDisk('2m', startOurStack), { ...written, left: [] });
}

/** An OCI layout with a layer that is not what its name says. */
function layoutWithWrongBlob(): Buffer {
  const layer = tar({ path: 'file', data: 'x' });
  const wrong = `sha256:${'0'.repeat(64)}`;
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [wrong] } });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: wrong, size: layer.length }],
  });
  const index = JSON.stringify({
    schemaVersion: 2,
    manifests: [
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: digestOf(manifest),
        size: manifest.length,
        annotations: { 'io.containerd.image.name': 'docker.io/library/wrong:1' },
      },
    ],
  });
  const blob = (digest: string, data: string | Buffer): EntryInput => ({
    path: `blobs/sha256/${digest.slice(7)}`,
    data,
  });
  return tar(
    { path: 'oci-layout', data: '{"imageLayoutVersion":"1.0.0"}' },
    { path: 'index.json', data: index },
    blob(digestOf(manifest), manifest),
    blob(digestOf(config), config),
    blob(wrong, layer),
  );
}
