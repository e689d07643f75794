/**
 * The suite of snapshotters on all of ours, and on containerd's where it has the same; prints driver × case. (devmapper
 * needs a kernel with device mapper: device-mapper.vm.test.ts.)
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { connect } from '@drydock/rpc/grpc-client';
import t from 'tap';
import { makeDirectory, missingPeers, startContainerd } from '../test-stacks.ts';
import type { SnapshotBackend } from './backend.ts';
import { BtrfsBackend } from './btrfs-backend.ts';
import { FuseOverlayBackend } from './fuse-overlay-backend.ts';
import { NativeBackend } from './native-backend.ts';
import { OverlayBackend } from './overlay-backend.ts';
import { runSuite, type Traits } from './snapshot-suite.ts';
import { mountOf } from './snapshotters.ts';
import { btrfsDirectory, grpcApi, openStore, printTable, storeApi } from './test-drivers.ts';

const filesystems = readFileSync('/proc/filesystems', 'utf8');
const noBtrfs = !/\tbtrfs\n/.test(filesystems)
  ? 'the kernel has no btrfs'
  : spawnSync('mkfs.btrfs', ['--version']).status !== 0 && 'needs mkfs.btrfs';
const noFuse = spawnSync('fuse-overlayfs', ['--version']).status !== 0 && 'needs fuse-overlayfs';

const traits: Readonly<Record<string, Traits>> = {
  overlayfs: { mountType: 'overlay', staysWritable: true },
  native: { mountType: 'bind', staysWritable: true },
  btrfs: { mountType: 'btrfs' },
  'fuse-overlayfs': { mountType: 'fuse3.fuse-overlayfs', staysWritable: true },
};

/** What is peculiar to containerd's. */
const theirTraits: Readonly<Record<string, Partial<Traits>>> = {
  native: { needsFilesOfViews: true },
  btrfs: { endsMounts: true },
};

const backends: Readonly<Record<string, (root: string) => SnapshotBackend>> = {
  overlayfs: (root) => new OverlayBackend(root),
  native: (root) => new NativeBackend(root),
  'fuse-overlayfs': (root) => new FuseOverlayBackend(root),
};

const table = new Map<string, Map<string, boolean>>();

for (const [name, make] of Object.entries(backends))
  t.test(name, { skip: name.startsWith('fuse') && noFuse }, async (t) => {
    table.set(name, await runSuite(t, name, traits[name]!, (test) => storeApi(openStore(test, make).store)));
  });

t.test('btrfs', { skip: noBtrfs }, async (t) => {
  const root = btrfsDirectory(t);
  const make = (directory: string) => new BtrfsBackend(directory, mountOf(root).source);
  table.set(
    'btrfs',
    await runSuite(t, 'btrfs', traits.btrfs!, (test, name) =>
      storeApi(openStore(test, make, `${root}/${name.replaceAll(/\W/g, '-')}`).store),
    ),
  );
});

t.test('containerd', { skip: noBtrfs || missingPeers() }, async (t) => {
  const directory = makeDirectory();
  const btrfs = btrfsDirectory(t);
  const containerd = await startContainerd(directory, 'n', {
    plugins: `[plugins."io.containerd.snapshotter.v1.btrfs"]\n  root_path = "${btrfs}"\n`,
  });
  const channel = connect(containerd.socket);
  t.teardown(async () => {
    channel.close();
    await containerd.stop();
    rmSync(directory, { recursive: true });
  });
  for (const snapshotter of ['overlayfs', 'native', 'btrfs'])
    table.set(
      `containerd ${snapshotter}`,
      await runSuite(t, snapshotter, { ...traits[snapshotter]!, ...theirTraits[snapshotter] }, (_, name) =>
        grpcApi(channel, snapshotter, `${snapshotter}-${name.replaceAll(/\W+/g, '-')}`),
      ),
    );
});

t.teardown(() => printTable(t, table));
