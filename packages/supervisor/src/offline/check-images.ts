/** Images that lead to blobs which are not there. */
import { readFileSync } from 'node:fs';
import { decodeLabels } from '../metadata/labels.ts';
import type { OfflineData } from './offline-data.ts';
import type { Problem } from './problem.ts';

interface Descriptor {
  readonly digest: string;
  readonly mediaType?: string;
}

/** What of an index or a manifest leads on. */
interface Document {
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}

export function* checkImages(data: OfflineData): Generator<Problem> {
  const rows = data.db.all<{ namespace: string; name: string; digest: string }>(
    'SELECT namespace, name, digest FROM images ORDER BY namespace, name',
  );
  for (const { namespace, name, digest } of rows) {
    const lacks = missing(data, namespace, digest);
    if (lacks === undefined) continue;
    yield {
      state: 'broken',
      kind: 'image',
      name: `${namespace}/${name}`,
      why: lacks,
      repair: {
        action: 'forget it, so that it is pulled again',
        run: () => void data.db.run('DELETE FROM images WHERE namespace = ? AND name = ?', namespace, name),
      },
    };
  }
}

/** What an image lacks, or undefined if it is whole. Of an index one whole image is enough: others are other machines'. */
function missing(data: OfflineData, namespace: string, digest: string): string | undefined {
  if (!isThere(data, namespace, digest)) return `its target ${digest} is missing`;
  const document = read(data, digest);
  if (document === undefined) return `its target ${digest} is no JSON`;
  if (document.manifests !== undefined) {
    const lacks = document.manifests.map((child) => missing(data, namespace, child.digest));
    return lacks.length === 0 || lacks.includes(undefined) ? undefined : `of its index nothing is whole: ${lacks[0]}`;
  }
  const { config, layers = [] } = document;
  if (config === undefined) return undefined;
  if (!isThere(data, namespace, config.digest)) return `its configuration ${config.digest} is missing`;
  if (isUnpacked(data, namespace, config.digest)) return undefined;
  const layer = layers.find((item) => !isThere(data, namespace, item.digest));
  return layer === undefined ? undefined : `its layer ${layer.digest} is missing, and it is not unpacked`;
}

function isThere({ db, content }: OfflineData, namespace: string, digest: string): boolean {
  const record = db.get('SELECT 1 FROM blobs WHERE namespace = ? AND digest = ?', namespace, digest);
  return record !== undefined && content.files.size(digest) !== undefined;
}

function read({ content }: OfflineData, digest: string): Document | undefined {
  try {
    return JSON.parse(readFileSync(content.files.path(digest), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether a snapshot holds what the layers held: a client may have let go of these. */
function isUnpacked({ db }: OfflineData, namespace: string, config: string): boolean {
  const row = db.get<{ labels: string }>(
    'SELECT labels FROM blobs WHERE namespace = ? AND digest = ?',
    namespace,
    config,
  );
  const prefix = 'containerd.io/gc.ref.snapshot.';
  return Object.entries(decodeLabels(row?.labels ?? '{}')).some(
    ([label, key]) =>
      label.startsWith(prefix) &&
      db.get(
        'SELECT 1 FROM snapshots WHERE namespace = ? AND snapshotter = ? AND key = ?',
        namespace,
        label.slice(prefix.length).split('/')[0] ?? '',
        key,
      ) !== undefined,
  );
}
