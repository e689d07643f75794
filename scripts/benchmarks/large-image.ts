/** The archive of a large image, as `docker save` would write it: files of this machine's /usr, in four layers. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../packages/oci/src/digest.ts';

/** An archive that was made. */
export interface LargeImage {
  readonly path: string;
  readonly name: string;
  /** Bytes in all its layers. */
  readonly size: number;
}

const layerCount = 4;
const reproducible = [
  '--sort=name',
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  '--mtime=@1700000000',
  '--format=gnu',
];

/** Makes an image of about so many megabytes in a directory. The same machine gives the same image. */
export function makeLargeImage(directory: string, megabytes: number): LargeImage {
  const work = join(directory, 'large');
  mkdirSync(work);
  const layers = chooseFiles(megabytes * 1e6).map((files, index) => {
    const layer = `layer${index}.tar`;
    writeFileSync(join(work, 'files'), files.join('\n'));
    execFileSync('tar', ['-C', '/', ...reproducible, '-T', join(work, 'files'), '-cf', join(work, layer)]);
    return { layer, digest: digestOf(readFileSync(join(work, layer))), size: statSync(join(work, layer)).size };
  });
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const diffIds = layers.map(({ digest }) => digest);
  const config = JSON.stringify({
    architecture,
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: diffIds },
  });
  const configName = `${digestOf(config).slice(7)}.json`;
  const name = 'localhost/large:latest';
  const manifest = [{ Config: configName, RepoTags: [name], Layers: layers.map(({ layer }) => layer) }];
  writeFileSync(join(work, configName), config);
  writeFileSync(join(work, 'manifest.json'), JSON.stringify(manifest));
  const path = join(directory, 'large.tar');
  const names = ['manifest.json', configName, ...layers.map(({ layer }) => layer)];
  execFileSync('tar', ['-C', work, ...reproducible, '-cf', path, ...names]);
  rmSync(work, { recursive: true });
  return { path, name, size: layers.reduce((sum, { size }) => sum + size, 0) };
}

/** Files below /usr until there are so many bytes, by name, shared out over the layers. */
function chooseFiles(bytes: number): string[][] {
  const layers: string[][] = Array.from({ length: layerCount }, () => []);
  let total = 0;
  for (const file of filesBelow('/usr')) {
    if (total >= bytes) break;
    layers[Math.min(layerCount - 1, Math.floor((total * layerCount) / bytes))]?.push(file.slice(1));
    total += statSync(file).size;
  }
  return layers;
}

function* filesBelow(directory: string): Generator<string> {
  const entries = readdirSync(directory, { withFileTypes: true });
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile() && !path.includes('\n')) yield path;
  }
}
