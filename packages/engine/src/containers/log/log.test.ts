import { closeSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkfifo, openHolder } from '@drydock/linux/fifo';
import t from 'tap';
import { JsonFileLog, type StreamName } from './json-file.ts';
import { type LogEntry, type ReadLogOptions, readLog } from './read-log.ts';

const never = new AbortController().signal;

interface TestLog extends JsonFileLog {
  write(stream: StreamName, text: string): void;
}

/** A log with a pipe in front of it. */
function openLog(path: string, { maxSize = 0, maxFiles = 1 } = {}): TestLog {
  const spools = `${path}.spools`;
  mkdirSync(spools, { recursive: true });
  const failed = (error: unknown): never => {
    throw error;
  };
  const log = new JsonFileLog({ path, spools, maxSize, maxFiles, failed });
  const fifo = join(spools, 'fifo');
  const write = (stream: StreamName, text: string): void => {
    mkfifo(fifo);
    const pipe = openHolder(fifo);
    writeSync(pipe, text);
    while (log.take(stream, pipe) !== undefined);
    closeSync(pipe);
    rmSync(fifo);
  };
  return Object.assign(log, { write });
}

async function collect(path: string, options: Partial<ReadLogOptions> = {}): Promise<string[]> {
  const found: LogEntry[] = [];
  const all = {
    path,
    tail: undefined,
    since: undefined,
    until: undefined,
    follow: undefined,
    signal: never,
    ...options,
  };
  for await (const entry of readLog(all)) found.push(entry);
  return found.map(({ log }) => log);
}

t.test('the json-file log', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-log-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'x-json.log');

  await t.test('lines are written when complete', async (t) => {
    const log = openLog(path);
    log.write('stdout', 'one\ntw');
    log.write('stderr', '<err>\n');
    log.write('stdout', 'o\nthree');
    t.same(await collect(path), ['one\n', '<err>\n', 'two\n']);
    t.match(
      readFileSync(path, 'utf8').split('\n')[1],
      /^\{"log":"\\u003cerr\\u003e\\n","stream":"stderr","time":"[^"]+Z"\}$/,
    );
    // A killed engine: another log object goes on where the first was.
    const next = openLog(path);
    next.write('stdout', '!\n');
    next.finish();
    t.same((await collect(path)).at(-1), 'three!\n');
    t.same(readdirSync(`${path}.spools`), [], 'a finished log has no spool');
  });

  await t.test('long lines are cut at 16 KiB', async (t) => {
    const long = join(directory, 'long');
    const log = openLog(long);
    log.write('stdout', `${'x'.repeat(40_000)}\n`);
    log.finish();
    t.same(
      (await collect(long)).map(({ length }) => length),
      [16384, 16384, 7233],
    );
  });

  await t.test('tail and follow', async (t) => {
    const followed = join(directory, 'f');
    const log = openLog(followed);
    for (let n = 0; n < 5000; n++) log.write('stdout', `line ${n}\n`);
    t.same(await collect(followed, { tail: 2 }), ['line 4998\n', 'line 4999\n']);
    t.equal((await collect(followed, { tail: 9999 })).length, 5000);
    t.same(await collect(followed, { tail: 0 }), []);
    const following = collect(followed, { tail: 1, follow: log });
    await new Promise((resolve) => setTimeout(resolve, 30));
    log.write('stdout', 'more\nand');
    log.finish();
    t.same(await following, ['line 4999\n', 'more\n', 'and']);
  });

  await t.test('rotation keeps the newest files', async (t) => {
    const rotated = join(directory, 'r');
    const log = openLog(rotated, { maxSize: 400, maxFiles: 3 });
    for (let n = 0; n < 40; n++) log.write('stdout', `line ${n}\n`);
    const kept = await collect(rotated);
    t.equal(kept.at(-1), 'line 39\n');
    t.ok(kept.length >= 8 && kept.length < 40);
    t.same(await collect(rotated, { tail: 3 }), ['line 37\n', 'line 38\n', 'line 39\n']);
  });
});
