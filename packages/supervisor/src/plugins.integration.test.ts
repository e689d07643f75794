/** Configurations that say which plugins must be there: containerd and our supervisor refuse the same, with the same words. */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeDirectory, missingPeers, realShim, startOurs } from './test-stacks.ts';

const main = join(import.meta.dirname, 'main.ts');

const version2 = (disabled: string, ...required: readonly string[]) =>
  `version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"${disabled}]\nrequired_plugins = ${JSON.stringify(required)}\n`;
const version1 = (...required: readonly string[]) =>
  `disabled_plugins = ["cri"]\nrequired_plugins = ${JSON.stringify(required)}\n`;

const refused = [
  version2('', 'io.containerd.grpc.v1.nosuch'),
  version2('', 'io.containerd.grpc.v1.images', 'io.containerd.grpc.v1.nosuch'),
  version2('', 'io.containerd.grpc.v1.cri'),
  version2('', 'io.containerd.snapshotter.v1.devmapper'),
  version2(', "io.containerd.snapshotter.v1.native"', 'io.containerd.snapshotter.v1.native'),
  version2('', 'images'),
  version2(', "native"'),
  version1('nosuch'),
  version1('devmapper'),
  version1('io.containerd.grpc.v1.images'),
];

t.test('refused', { skip: missingPeers() ?? false }, (t) => {
  const directory = makeDirectory();
  const path = join(directory, 'config.toml');
  const places = `root = "${directory}/root"\nstate = "${directory}/state"\n[grpc]\naddress = "${directory}/c.sock"\n`;
  for (const config of refused) {
    writeFileSync(path, config + places);
    const told = [['containerd'], [process.execPath, main]].map(([program = '', ...words]) => {
      const { status, stderr } = spawnSync(program, [...words, '-c', path], { encoding: 'utf8', timeout: 20_000 });
      return [
        status,
        stderr
          .trim()
          .split('\n')
          .at(-1)
          ?.replace(/^(containerd|drydock-supervisor): /, ''),
      ];
    });
    t.same(told[1], told[0], String(told[0]?.[1]));
    t.equal(told[0]?.[0], 1);
  }
  rmSync(directory, { recursive: true });
  t.end();
});

t.test('taken', { skip: missingPeers() ?? false }, async (t) => {
  for (const config of [
    version2('', 'io.containerd.grpc.v1.images', 'io.containerd.snapshotter.v1.overlayfs'),
    version1('images', 'overlayfs'),
  ]) {
    const directory = makeDirectory();
    const path = join(directory, 'config.toml');
    writeFileSync(path, config);
    const ours = await startOurs(directory, 'n', realShim, '-c', path);
    t.equal((await ours.ctr('version')).code, 0);
    await ours.stop();
    rmSync(directory, { recursive: true });
  }
});
