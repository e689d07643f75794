/** What a supervisor has, by namespace. */
import type { OfflineData } from './offline-data.ts';

export interface NamespaceSummary {
  readonly namespace: string;
  readonly images: readonly { readonly name: string; readonly digest: string }[];
  readonly containers: readonly { readonly id: string; readonly snapshot: string }[];
  readonly snapshots: readonly { readonly snapshotter: string; readonly key: string; readonly parent: string | null }[];
  readonly blobs: { readonly count: number; readonly bytes: number };
  readonly ingests: readonly string[];
  readonly leases: readonly string[];
}

export function inspect({ db }: OfflineData): NamespaceSummary[] {
  const names = db.all<{ name: string }>('SELECT name FROM namespaces ORDER BY name');
  return names.map(({ name: namespace }) => {
    const all = <Row>(sql: string): Row[] => db.all<Row>(sql, namespace).map((row) => ({ ...row }));
    return {
      namespace,
      images: all('SELECT name, digest FROM images WHERE namespace = ? ORDER BY name'),
      containers: all('SELECT id, snapshot_key AS snapshot FROM containers WHERE namespace = ? ORDER BY id'),
      snapshots: all(`SELECT s.snapshotter, s.key, p.key AS parent FROM snapshots s
                      LEFT JOIN snapshots p ON p.id = s.parent WHERE s.namespace = ? ORDER BY s.id`),
      blobs: all<{ count: number; bytes: number }>(
        'SELECT count(*) AS count, coalesce(sum(size), 0) AS bytes FROM blobs WHERE namespace = ?',
      )[0]!,
      ingests: all<{ ref: string }>('SELECT ref FROM ingests WHERE namespace = ? ORDER BY ref').map(({ ref }) => ref),
      leases: all<{ id: string }>('SELECT id FROM leases WHERE namespace = ? ORDER BY id').map(({ id }) => id),
    };
  });
}

/** A summary for people. */
export function summaryText({
  namespace,
  images,
  containers,
  snapshots,
  blobs,
  ingests,
  leases,
}: NamespaceSummary): string {
  const lines = [
    `namespace ${namespace}: ${blobs.count} blobs of ${blobs.bytes} bytes, ${ingests.length} ingests, ${leases.length} leases`,
    ...images.map(({ name, digest }) => `  image ${name} ${digest}`),
    ...containers.map(({ id, snapshot }) => `  container ${id} on snapshot ${snapshot || '-'}`),
    ...snapshots.map(({ snapshotter, key, parent }) => `  snapshot ${snapshotter} ${key} on ${parent ?? '-'}`),
  ];
  return lines.join('\n');
}
