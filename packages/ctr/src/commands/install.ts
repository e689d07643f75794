/** `install`: the programs (and libraries) of an image into the server's opt directory. */
import { createWriteStream, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { layerCompression } from '@drydock/oci/media-types';
import { streamBlob } from '@drydock/transfer/blobs';
import tar from 'tar-stream';
import { command } from '../command.ts';
import type { Supervisor } from '../context.ts';
import { wordsFlag } from '../flags/common.ts';
import { imageDocuments } from '../image/find.ts';

export const installCommand = command(
  'install [words..]',
  'install IMAGE: the programs of an image into the opt directory',
  (argv) =>
    wordsFlag(argv)
      .option('libs', { alias: 'l', type: 'boolean', default: false, describe: 'its libraries, too' })
      .option('replace', { alias: 'r', type: 'boolean', default: false, describe: 'over what is there' })
      .option('path', { type: 'string', default: '', describe: 'another directory' }),
  async (supervisor, { words: [name = ''], libs, replace, path }) => {
    const { manifest } = await imageDocuments(supervisor, name);
    const target = path || (await optDirectory(supervisor));
    const folders = libs ? ['bin', 'lib'] : ['bin'];
    for (const layer of manifest.layers) {
      const source = Readable.from(streamBlob(supervisor.content, layer.digest));
      const compression = layerCompression(layer.mediaType);
      const unpacker =
        compression === 'gzip' ? createGunzip() : compression === 'zstd' ? createZstdDecompress() : undefined;
      const extract = tar.extract();
      const reading = unpacker === undefined ? pipeline(source, extract) : pipeline(source, unpacker, extract);
      reading.catch((error) => extract.destroy(error));
      for await (const entry of extract) {
        const path = normalize(entry.header.name).replace(/^\.?\//, '');
        if (folders.includes(dirname(path))) await place(join(target, path), entry as unknown as Entry, replace);
        else entry.resume();
      }
      await reading;
    }
  },
);

async function optDirectory(supervisor: Supervisor): Promise<string> {
  const { plugins } = await supervisor.introspection.plugins({ filters: ['id==opt'] });
  const path = plugins[0]?.exports.path;
  if (path === undefined) throw new Error('opt service not enabled');
  return path;
}

/** An entry of a tar archive. */
type Entry = Readable & {
  readonly header: {
    readonly name: string;
    readonly type?: string | null;
    readonly mode?: number;
    readonly linkname?: string | null;
  };
};

async function place(path: string, entry: Entry, replace: boolean): Promise<void> {
  const { type, mode = 0o755, linkname } = entry.header;
  if (!replace && existsSync(path)) throw new Error(`cannot replace ${entry.header.name} in ${dirname(dirname(path))}`);
  mkdirSync(dirname(path), { recursive: true });
  if (type === 'symlink') {
    symlinkSync(linkname ?? '', path);
    entry.resume();
  } else if (type === 'file') await pipeline(entry, createWriteStream(path, { mode }));
  else entry.resume();
}
