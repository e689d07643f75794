import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { JsonFileLog } from './json-file.ts';
import { type LogEntry, type ReadLogOptions, readLog } from './read-log.ts';

const never = new AbortController().signal;

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
    const log = new JsonFileLog(path, { maxSize: 0, maxFiles: 1 });
    log.write('stdout', Buffer.from('one\ntw'));
    log.write('stderr', Buffer.from('<err>\n'));
    log.write('stdout', Buffer.from('o\nthree'));
    t.same(await collect(path), ['one\n', '<err>\n', 'two\n']);
    t.match(
      readFileSync(path, 'utf8').split('\n')[1],
      /^\{"log":"\\u003cerr\\u003e\\n","stream":"stderr","time":"[^"]+Z"\}$/,
    );
    // A killed engine: another log object goes on where the first was.
    const next = new JsonFileLog(path, { maxSize: 0, maxFiles: 1 });
    next.write('stdout', Buffer.from('!\n'));
    next.finish();
    t.same((await collect(path)).at(-1), 'three!\n');
  });

  await t.test('long lines are cut at 16 KiB', async (t) => {
    const long = join(directory, 'long');
    const log = new JsonFileLog(long, { maxSize: 0, maxFiles: 1 });
    log.write('stdout', Buffer.from(`${'x'.repeat(40_000)}\n`));
    log.finish();
    t.same(
      (await collect(long)).map(({ length }) => length),
      [16384, 16384, 7233],
    );
  });

  await t.test('tail and follow', async (t) => {
    const followed = join(directory, 'f');
    const log = new JsonFileLog(followed, { maxSize: 0, maxFiles: 1 });
    for (let n = 0; n < 5000; n++) log.write('stdout', Buffer.from(`line ${n}\n`));
    t.same(await collect(followed, { tail: 2 }), ['line 4998\n', 'line 4999\n']);
    t.equal((await collect(followed, { tail: 9999 })).length, 5000);
    t.same(await collect(followed, { tail: 0 }), []);
    const following = collect(followed, { tail: 1, follow: log });
    await new Promise((resolve) => setTimeout(resolve, 30));
    log.write('stdout', Buffer.from('more\nand'));
    log.finish();
    t.same(await following, ['line 4999\n', 'more\n', 'and']);
  });

  await t.test('rotation keeps the newest files', async (t) => {
    const rotated = join(directory, 'r');
    const log = new JsonFileLog(rotated, { maxSize: 400, maxFiles: 3 });
    for (let n = 0; n < 40; n++) log.write('stdout', Buffer.from(`line ${n}\n`));
    const kept = await collect(rotated);
    t.equal(kept.at(-1), 'line 39\n');
    t.ok(kept.length >= 8 && kept.length < 40);
    t.same(await collect(rotated, { tail: 3 }), ['line 37\n', 'line 38\n', 'line 39\n']);
  });
});
