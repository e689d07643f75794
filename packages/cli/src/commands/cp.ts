/** `cp`: files between a container and here. */
import {
  createReadStream,
  createWriteStream,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';
import type { Engine } from '../api/client.ts';
import { EngineError } from '../api/error.ts';
import { command } from '../command.ts';

/** Go's file mode bits in X-Docker-Container-Path-Stat. */
const modeDirectory = 2 ** 31;

interface PathStat {
  readonly name: string;
  readonly mode: number;
}

export const cpCommand = command(
  'cp <source> <target>',
  'copy files between a container and the local filesystem: CONTAINER:PATH or PATH; - is a tar stream',
  (argv) =>
    argv
      .positional('source', { type: 'string', demandOption: true })
      .positional('target', { type: 'string', demandOption: true })
      .options({
        archive: { alias: 'a', type: 'boolean', default: false },
        quiet: { alias: 'q', type: 'boolean', default: false },
      }),
  async (engine, { source, target, archive }) => {
    const from = containerPath(source);
    const to = containerPath(target);
    if (from !== undefined && to !== undefined) throw new Error('copying between containers is not supported');
    if (from !== undefined) await copyOut(engine, from, target);
    else if (to !== undefined) await copyIn(engine, source, to, archive);
    else throw new Error('must specify at least one container source');
  },
);

interface ContainerPath {
  readonly container: string;
  readonly path: string;
}

/** `CONTAINER:PATH`; a path that begins with / or . is here, whatever colons it has. */
function containerPath(text: string): ContainerPath | undefined {
  const at = text.indexOf(':');
  if (at <= 0 || text.startsWith('/') || text.startsWith('.')) return undefined;
  return { container: text.slice(0, at), path: text.slice(at + 1) };
}

async function statIn(engine: Engine, { container, path }: ContainerPath): Promise<PathStat | undefined> {
  try {
    const { headers, body } = await engine.request('HEAD', `/containers/${container}/archive`, { query: { path } });
    await body.dump();
    return JSON.parse(Buffer.from(String(headers['x-docker-container-path-stat']), 'base64').toString());
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return undefined;
    throw error;
  }
}

async function copyOut(engine: Engine, from: ContainerPath, target: string): Promise<void> {
  const { body } = await engine.request('GET', `/containers/${from.container}/archive`, { query: { path: from.path } });
  if (target === '-') {
    await pipeline(body, process.stdout, { end: false });
    return;
  }
  const intoDirectory = existsSync(target) && lstatSync(target).isDirectory();
  const contentOnly = from.path.endsWith('/.');
  await extract(body, (name) => {
    const [top = '', ...rest] = name.split('/').filter((part) => part !== '' && part !== '.');
    if (rest.includes('..') || top === '..') throw new Error(`archive entry ${name} leaves the target`);
    if (intoDirectory && !contentOnly) return join(target, top, ...rest);
    return join(target, ...rest);
  });
}

/** Unpacks what the engine sends. No entry is written through a link: one that is in the way is replaced. */
async function extract(body: Readable, place: (name: string) => string): Promise<void> {
  const unpack = tar.extract();
  const reading = pipeline(body, unpack);
  reading.catch((error) => unpack.destroy(error));
  for await (const entry of unpack) {
    const { name, type, mode = 0o644, linkname, mtime } = entry.header;
    const path = place(name);
    if (type === 'directory') {
      mkdirSync(path, { recursive: true, mode });
      entry.resume();
      continue;
    }
    if (!existsSync(dirname(path))) throw new Error(`invalid output path: directory "${dirname(path)}" does not exist`);
    rmSync(path, { force: true, recursive: false });
    if (type === 'symlink') {
      symlinkSync(linkname ?? '', path);
      entry.resume();
    } else if (type === 'file') {
      await pipeline(entry as unknown as Readable, createWriteStream(path, { mode }));
      if (mtime) utimesSync(path, mtime, mtime);
    } else entry.resume();
  }
  await reading;
}

async function copyIn(engine: Engine, source: string, to: ContainerPath, archive: boolean): Promise<void> {
  const put = async (path: string, body: Readable): Promise<void> => {
    const query = { path, noOverwriteDirNonDir: true, copyUIDGID: archive };
    await engine.send('PUT', `/containers/${to.container}/archive`, { query, body });
  };
  if (source === '-') return put(to.path, process.stdin);
  if (!existsSync(source)) throw new Error(`lstat ${source}: no such file or directory`);
  const stat = await statIn(engine, to);
  const isDirectory = stat !== undefined && Math.floor(stat.mode / modeDirectory) % 2 === 1;
  const contentOnly = source.endsWith('/.');
  if (isDirectory) return put(to.path, pack(source, contentOnly ? '' : basename(source)));
  if (to.path.endsWith('/')) throw new Error(`no such directory: ${to.path}`);
  return put(posix.dirname(to.path), pack(source, posix.basename(to.path)));
}

/** A tar stream of a file or a tree, whose top has the given name ('' for the content of a directory alone). */
function pack(source: string, top: string): Readable {
  const stream = tar.pack();
  const output = new PassThrough();
  pipeline(stream, output).catch((error) => output.destroy(error));
  add(stream, source.replace(/\/\.?$/, '') || '/', top).then(
    () => stream.finalize(),
    (error) => stream.destroy(error),
  );
  return output;
}

async function add(stream: tar.Pack, path: string, name: string): Promise<void> {
  const stat = lstatSync(path);
  const header = { name, mode: stat.mode & 0o7777, mtime: stat.mtime, uid: stat.uid, gid: stat.gid };
  if (stat.isDirectory()) {
    if (name !== '') stream.entry({ ...header, type: 'directory' });
    for (const child of readdirSync(path))
      await add(stream, join(path, child), name === '' ? child : `${name}/${child}`);
  } else if (stat.isSymbolicLink()) stream.entry({ ...header, type: 'symlink', linkname: readlinkSync(path) });
  else if (stat.isFile()) {
    const entry = stream.entry({ ...header, size: stat.size });
    await pipeline(createReadStream(path), entry as unknown as NodeJS.WritableStream);
  }
}
