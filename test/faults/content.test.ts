/**
 * SIGKILL to a writer of a blob in front of its system calls, from the opening of the store to its end: no file among the
 * blobs is ever less than its digest says, no record is without its file, the write can be taken up, and what is left over
 * then goes with the next collection. DRYDOCK_FAULTS=all takes every call, else every so manieth is taken.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { digestOf } from '../../packages/oci/src/digest.ts';
import { Collector } from '../../packages/supervisor/src/gc/collector.ts';
import { openStoresIn } from '../../packages/supervisor/src/test-fixtures.ts';
import { createLogger } from '../../packages/telemetry/src/logger.ts';
import { writeBlob } from './content-writer.ts';
import { killAt, killPoints, spread } from './kill-points.ts';

const noStrace = spawnSync('strace', ['--version']).status !== 0 && 'needs strace';
const sample = process.env.DRYDOCK_FAULTS === 'all' ? Number.POSITIVE_INFINITY : 40;
const blob = Buffer.alloc(300_000, 'drydock');
const digest = digestOf(blob);

t.test('killed anywhere', { skip: noStrace }, async (t) => {
  const base = mkdtempSync(join(tmpdir(), 'drydock-test-'));
  t.teardown(() => rmSync(base, { recursive: true }));
  const [file, log] = [join(base, 'blob'), join(base, 'strace')];
  writeFileSync(file, blob);
  let runs = 0;
  const newStore = (): string => {
    runs += 1;
    const directory = join(base, `store-${runs}`);
    mkdirSync(directory);
    return directory;
  };
  // One thread for files, so that calls come in one order.
  const command = (directory: string) => [
    ...['env', 'UV_THREADPOOL_SIZE=1', process.execPath, join(import.meta.dirname, 'content-writer.ts')],
    directory,
    file,
  ];
  const first = newStore();
  const points = await killPoints(command(first), first, log, { anyThread: true });
  t.ok(points.length > 50, `${points.length} points`);

  const found = { killed: 0, 'nothing begun': 0, 'ingest left': 0, 'blob there': 0, wrong: 0 };
  for (const point of spread(points, sample)) {
    const directory = newStore();
    if (await killAt(point, command(directory), log)) found.killed += 1;
    const wrong: string[] = [];
    const before = await look(directory);
    wrong.push(...before.wrong);
    found[before.state] += 1;
    await writeBlob(directory, blob).catch((error) => wrong.push(`the second write: ${error}`));
    const after = await look(directory, true);
    wrong.push(...after.wrong);
    if (after.state !== 'blob there') wrong.push(`after the second write: ${after.state}`);
    if (after.rest.length > 0) wrong.push(`left over: ${after.rest}`);
    if (wrong.length > 0) {
      found.wrong += 1;
      t.fail(`killed at ${point.call} ${point.count}: ${wrong.join('; ')}`);
    }
    rmSync(directory, { recursive: true });
  }
  t.ok(found.killed > 30, `${found.killed} were killed`);
  t.ok(found['ingest left'] > 0 && found['blob there'] > 0, 'at various moments');
  t.comment(`| system calls | ${Object.keys(found).join(' | ')} |`);
  t.comment(`| ${points.length} | ${Object.values(found).join(' | ')} |`);
});

/** What a supervisor that starts now would find. */
async function look(directory: string, collect = false) {
  const stores = openStoresIn(directory, join(directory, 'metadata.db'));
  const { content, db } = stores;
  try {
    const log = createLogger({ program: 'test', level: 'fatal' });
    if (collect) await new Collector({ ...stores, snapshots: [], log }).collect();
    const wrong: string[] = [];
    const files = await content.files.list();
    for (const name of files)
      if (digestOf(readFileSync(content.files.path(name))) !== name) wrong.push(`${name} is not what it says`);
    const records = content.list('n', []);
    for (const record of records)
      if (content.files.size(record.digest) !== record.size) wrong.push(`${record.digest} has no file of its size`);
    const ingests = content.ingests.list('n', []);
    const state = records.some((record) => record.digest === digest)
      ? ('blob there' as const)
      : ingests.length > 0
        ? ('ingest left' as const)
        : ('nothing begun' as const);
    const known = new Set(records.map((record) => record.digest));
    const rest = [
      ...files.filter((name) => !known.has(name)),
      ...(await content.files.listIngests()).map((id) => `ingest ${id}`),
    ];
    return { wrong, state, rest };
  } finally {
    db.close();
  }
}
