/** Stock ctr with each snapshotter, on our supervisor with our shim, and on containerd: what one makes runs, and is told. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  builtShim,
  busyboxArchive,
  image,
  leftovers,
  makeDirectory,
  missingPeers,
  removeStack,
  type Stack,
  startContainerd,
  startOurs,
} from '../test-stacks.ts';
import { btrfsDirectory } from './test-drivers.ts';

const noBtrfs = !/\tbtrfs\n/.test(readFileSync('/proc/filesystems', 'utf8')) && 'the kernel has no btrfs';
const noFuse = spawnSync('fuse-overlayfs', ['--version']).status !== 0 && 'needs fuse-overlayfs';
const unable = missingPeers() ?? (!existsSync(builtShim) && 'needs dist/');

/** What a client sees of a snapshotter from an import to the end of a container. */
const commands = (snapshotter: string): string[] => [
  `ctr images import --snapshotter ${snapshotter} $A`,
  `ctr images ls -q`,
  `ctr run --rm --snapshotter ${snapshotter} $R ${image} c1 sh -c 'echo hello >/new && cat /new && ls /'`,
  `ctr run -d --snapshotter ${snapshotter} $R ${image} c2 sh -c 'rm /etc/passwd; echo x >/added; sleep 1000'`,
  `ctr snapshots --snapshotter ${snapshotter} ls`,
  `ctr tasks exec --exec-id e c2 cat /added`,
  `ctr snapshots --snapshotter ${snapshotter} diff c2 | tar tf - | sort`,
  `ctr snapshots --snapshotter ${snapshotter} usage | awk '{print NF}'`,
  'ctr tasks kill -s KILL c2',
  'until ctr tasks ls | grep -q STOPPED; do sleep 0.1; done; ctr tasks rm c2',
  'ctr containers rm c2',
  `ctr snapshots --snapshotter ${snapshotter} ls`,
  `ctr images rm --sync ${image}`,
  `ctr snapshots --snapshotter ${snapshotter} ls`,
];

async function runAll(stack: Stack, snapshotter: string, runtime: string): Promise<string[]> {
  const archive = join(stack.directory, 'image.tar');
  writeFileSync(archive, busyboxArchive());
  const output: string[] = [];
  for (const command of commands(snapshotter)) {
    const { code, stdout, stderr } = await stack.shell(`A=${archive} R="${runtime}"; ${command}`);
    output.push(`${command}\n${code}\n${stdout}${stderr}`.replaceAll(/elapsed:.*|unpacking.*|time="[^"]*"/g, ''));
  }
  return output;
}

t.test('stock ctr', { skip: unable }, async (t) => {
  const [place, theirs] = [makeDirectory(), makeDirectory()];
  const btrfs = noBtrfs ? undefined : btrfsDirectory(t);
  const config = (name: string): string => {
    if (btrfs === undefined) return '';
    mkdirSync(join(btrfs, name), { recursive: true });
    return `[plugins."io.containerd.snapshotter.v1.btrfs"]\n  root_path = "${join(btrfs, name)}"\n`;
  };
  const file = join(place, 'config.toml');
  writeFileSync(file, `version = 2\n${config('ours')}`);
  const ours = await startOurs(place, 'ours', builtShim, '--config', file);
  const containerd = await startContainerd(theirs, 'theirs', { plugins: config('theirs') });
  await t.test('which there are, and why the others are not', async (t) => {
    const list = async (stack: Stack, ...filters: string[]) =>
      (await stack.ctr('plugins', 'ls', ...filters)).stdout
        .split('\n')
        .filter((line) => line.includes('snapshotter'))
        .map((line) => line.replaceAll(/ +/g, ' '));
    t.same(
      (await list(ours)).filter((line) => !line.includes('fuse-overlayfs')),
      await list(containerd),
    );
    const why = async (stack: Stack, name: string) =>
      (await stack.ctr('plugins', 'ls', '-d', `type==io.containerd.snapshotter.v1,id==${name}`)).stdout.replaceAll(
        stack.directory,
        '',
      );
    for (const name of ['devmapper', 'zfs', 'native', 'overlayfs'])
      t.equal(await why(ours, name), await why(containerd, name), name);
    const { code, stderr } = await ours.ctr('snapshots', '--snapshotter', 'aufs', 'ls');
    t.equal(code, 1);
    t.match(stderr, /snapshotter not loaded: aufs: use overlayfs, .*invalid argument/);
  });

  const runtime = '--runtime io.containerd.runc.v2';
  for (const name of ['overlayfs', 'native', 'btrfs'])
    await t.test(name, { skip: name === 'btrfs' && noBtrfs }, async (t) => {
      t.same(await runAll(ours, name, runtime), await runAll(containerd, name, runtime));
    });
  await t.test('fuse-overlayfs', { skip: noFuse }, async (t) => {
    const fuse = await runAll(ours, 'fuse-overlayfs', runtime);
    const overlay = await runAll(ours, 'overlayfs', runtime);
    t.same(
      fuse.map((text) => text.replaceAll('fuse-overlayfs', 'overlayfs')),
      overlay,
    );
  });
  await t.test('nothing is left', async (t) => {
    for (const stack of [ours, containerd]) {
      await stack.stop();
      t.same(leftovers(stack.directory), []);
      removeStack(stack.directory, stack === ours ? 'ours' : 'theirs');
    }
  });
});

t.test('a configuration that cannot be', { skip: unable }, async (t) => {
  const [place, theirs] = [makeDirectory(), makeDirectory()];
  const plugins = `[plugins."io.containerd.snapshotter.v1.devmapper"]
  pool_name = "none"
  base_image_size = "ten"
`;
  writeFileSync(join(place, 'c'), `version = 2\ndisabled_plugins = ["io.containerd.snapshotter.v1.zfs"]\n${plugins}`);
  const ours = await startOurs(place, 'n', builtShim, '--config', join(place, 'c'));
  const containerd = await startContainerd(theirs, 'n', { plugins });
  t.teardown(async () => {
    for (const stack of [ours, containerd]) {
      await stack.stop();
      rmSync(stack.directory, { recursive: true });
    }
  });
  const why = async (stack: Stack) => (await stack.ctr('plugins', 'ls', '-d', 'id==devmapper')).stdout;
  t.equal(await why(ours), await why(containerd));
  t.notMatch((await ours.ctr('plugins', 'ls')).stdout, /zfs/);
});
