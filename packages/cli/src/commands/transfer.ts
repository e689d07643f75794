/** `pull`, `push`, `load`, `save`, `import`: images on their way. */
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parseReference, repositoryOf } from '@drydock/oci/reference';
import { command } from '../command.ts';
import { registryAuth } from '../config/auth.ts';
import { pullImage } from '../images/pull.ts';
import { showProgress } from '../output/progress.ts';

const quiet = { alias: 'q', type: 'boolean', default: false, describe: 'suppress verbose output' } as const;

export const pullCommand = command(
  'pull <name>',
  'download an image from a registry',
  (argv) =>
    argv.positional('name', { type: 'string', demandOption: true }).options({ quiet, platform: { type: 'string' } }),
  async (engine, { name, quiet: silent, platform }) => {
    console.log(await pullImage(engine, name, platform, silent));
  },
);

export const pushCommand = command(
  'push <name>',
  'upload an image to a registry',
  (argv) => argv.positional('name', { type: 'string', demandOption: true }).options({ quiet }),
  async (engine, { name, quiet: silent }) => {
    const reference = parseReference(name);
    const { tag = 'latest' } = reference;
    const headers = { 'x-registry-auth': registryAuth(name) };
    const { body } = await engine.request('POST', `/images/${repositoryOf(reference)}/push`, {
      query: { tag },
      headers,
    });
    await showProgress(body, { quiet: silent });
  },
);

export const loadCommand = command(
  'load',
  'load an image from a tar archive or STDIN',
  (argv) => argv.options({ input: { alias: 'i', type: 'string', describe: 'read from tar archive file' }, quiet }),
  async (engine, { input, quiet: silent }) => {
    if (input === undefined && process.stdin.isTTY) throw new Error('requested load from stdin, but stdin is empty');
    const { body } = await engine.request('POST', '/images/load', {
      query: { quiet: silent || !process.stdout.isTTY ? 1 : 0 },
      body: input === undefined ? process.stdin : createReadStream(input),
    });
    await showProgress(body);
  },
);

export const saveCommand = command(
  'save <images..>',
  'save images to a tar archive, streamed to STDOUT by default',
  (argv) =>
    argv
      .positional('images', { type: 'string', array: true, demandOption: true })
      .options({ output: { alias: 'o', type: 'string', describe: 'write to a file, instead of STDOUT' } }),
  async (engine, { images, output }) => {
    if (output === undefined && process.stdout.isTTY)
      throw new Error('cowardly refusing to save to a terminal. Use the -o flag or redirect');
    const names = images.map((name) => `names=${encodeURIComponent(name)}`).join('&');
    const { body } = await engine.request('GET', `/images/get?${names}`);
    if (output === undefined) await pipeline(body, process.stdout, { end: false });
    else await pipeline(body, createWriteStream(output, { mode: 0o600 }));
  },
);
