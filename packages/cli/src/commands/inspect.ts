/** `inspect`: everything that the engine knows of a container, an image, a network or a volume. */
import type { Engine } from '../api/client.ts';
import { EngineError } from '../api/error.ts';
import { command } from '../command.ts';
import { render } from '../output/template.ts';

const paths: Readonly<Record<string, (name: string) => string>> = {
  container: (name) => `/containers/${name}/json`,
  image: (name) => `/images/${name}/json`,
  network: (name) => `/networks/${name}`,
  volume: (name) => `/volumes/${name}`,
};

export const inspectCommand = command(
  'inspect <names..>',
  'return low-level information on objects',
  (argv) =>
    argv.positional('names', { type: 'string', array: true, demandOption: true }).options({
      format: { alias: 'f', type: 'string', describe: 'a Go template, or json' },
      size: { alias: 's', type: 'boolean', default: false },
      type: { type: 'string', choices: Object.keys(paths) },
    }),
  async (engine, { names, format, size, type }) => {
    const found: unknown[] = [];
    for (const name of names) {
      const object = await find(engine, name, type === undefined ? Object.keys(paths) : [type], size);
      if (object === undefined) {
        console.error(`Error: No such ${type ?? 'object'}: ${name}`);
        process.exitCode = 1;
      } else found.push(object);
    }
    if (format === undefined) console.log(JSON.stringify(found, undefined, 4));
    else for (const object of found) console.log(format === 'json' ? JSON.stringify(object) : render(format, object));
  },
);

async function find(engine: Engine, name: string, types: readonly string[], size: boolean): Promise<unknown> {
  for (const type of types) {
    try {
      return await engine.json('GET', paths[type]?.(name) ?? '', { query: { size: size && type === 'container' } });
    } catch (error) {
      if (!(error instanceof EngineError) || error.status !== 404) throw error;
    }
  }
  return undefined;
}
