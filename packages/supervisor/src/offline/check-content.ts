/** Blobs and ingests: records without files, files without records, and files that are not what their names say. */
import { createReadStream, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Digester, isDigest } from '@drydock/oci/digest';
import type { OfflineData } from './offline-data.ts';
import type { Problem } from './problem.ts';

/** Checks sizes; with `verify` reads every blob to check its digest too. */
export async function* checkContent({ db, content, paths }: OfflineData, verify: boolean): AsyncGenerator<Problem> {
  const records = db.all<{ digest: string; size: number }>('SELECT DISTINCT digest, size FROM blobs ORDER BY digest');
  const forget = (digest: string): void => {
    db.run('DELETE FROM blobs WHERE digest = ?', digest);
    db.run('DELETE FROM ingests WHERE shared = ?', digest);
    content.files.remove(digest);
  };
  for (const { digest, size } of records) {
    const found = content.files.size(digest);
    const broken = (why: string, action: string): Problem => ({
      state: 'broken',
      kind: 'blob',
      name: digest,
      why,
      repair: { action, run: () => forget(digest) },
    });
    if (found === undefined) yield broken('its file is missing', 'forget it');
    else if (found !== size)
      yield broken(`its file has ${found} bytes, not ${size}`, 'remove it, so that it is fetched again');
    else if (verify) {
      const actual = await digestOfFile(content.files.path(digest));
      if (actual !== digest) yield broken(`its content is ${actual}`, 'remove it, so that it is fetched again');
    }
  }
  const known = new Set(records.map(({ digest }) => digest));
  for (const digest of await content.files.list()) {
    if (known.has(digest)) continue;
    const path = join(paths.content, 'blobs', ...digest.split(':'));
    yield {
      state: 'orphan',
      kind: 'blob',
      name: digest,
      why: isDigest(digest) ? 'no namespace has a record of it' : `${path} is not named as a blob is`,
      repair: { action: 'remove the file', run: () => rmSync(path, { recursive: true }) },
    };
  }
  yield* checkIngests({ db, paths }, known);
}

function* checkIngests(
  { db, paths }: Pick<OfflineData, 'db' | 'paths'>,
  blobs: ReadonlySet<string>,
): Generator<Problem> {
  const records = db.all<{ id: number; namespace: string; ref: string; shared: string }>('SELECT * FROM ingests');
  for (const { id, namespace, ref, shared } of records)
    if (shared !== '' && !blobs.has(shared))
      yield {
        state: 'broken',
        kind: 'ingest',
        name: `${namespace}/${ref}`,
        why: `it stands for the blob ${shared}, which is not there`,
        repair: { action: 'forget it', run: () => void db.run('DELETE FROM ingests WHERE id = ?', id) },
      };
  const known = new Set(records.map(({ id }) => String(id)));
  for (const name of readdirSync(join(paths.content, 'ingest')))
    if (!known.has(name))
      yield {
        state: 'orphan',
        kind: 'ingest',
        name,
        why: 'no namespace has a record of it: its write was given up or ended',
        repair: {
          action: 'remove what was written',
          run: () => rmSync(join(paths.content, 'ingest', name), { recursive: true }),
        },
      };
}

async function digestOfFile(path: string): Promise<string> {
  const digester = new Digester();
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) digester.update(chunk);
  return digester.digest();
}
