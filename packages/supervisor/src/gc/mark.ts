/**
 * Finds what is in use: everything that can be reached from a root.
 *
 *   lease ─▶ its resources             blob ─▶ labels gc.ref.content.*, gc.ref.snapshot.*
 *   image ─▶ target, labels            snapshot ─▶ its parent, labels
 *   container ─▶ snapshot, labels      blob or snapshot with label gc.root: itself
 */
import type { Database } from '../metadata/database.ts';
import { decodeLabels } from '../metadata/labels.ts';
import {
  blobNode,
  expireLabel,
  flatLabel,
  labelReferences,
  type Node,
  resourceNode,
  rootLabel,
  snapshotNode,
} from './references.ts';

interface Labelled {
  readonly namespace: string;
  readonly labels: string;
}

/** The nodes in use, `more` of them and what they lead to included. Call it within a transaction. */
export function markUsed(db: Database, more: readonly Node[] = []): Set<Node> {
  const edges = readEdges(db);
  const used = new Set<Node>();
  const todo = [...readRoots(db), ...edges.roots, ...more];
  while (todo.length > 0) {
    const node = todo.pop()!;
    if (used.has(node)) continue;
    used.add(node);
    todo.push(...(edges.from.get(node) ?? []));
  }
  for (let node of readFlat(db)) {
    for (; !used.has(node); node = edges.parents.get(node) ?? node) used.add(node);
  }
  return used;
}

/** Whether a lease with these labels has ended. */
export function hasExpired(labels: string, now: number): boolean {
  const at = decodeLabels(labels)[expireLabel];
  return at !== undefined && Date.parse(at) < now;
}

function readRoots(db: Database): Node[] {
  const nodes: Node[] = [];
  for (const image of db.all<Labelled & { digest: string }>('SELECT namespace, digest, labels FROM images'))
    nodes.push(
      blobNode(image.namespace, image.digest),
      ...labelReferences(image.namespace, decodeLabels(image.labels)),
    );
  for (const container of db.all<Labelled & { snapshotter: string; snapshot_key: string }>(
    'SELECT namespace, snapshotter, snapshot_key, labels FROM containers',
  )) {
    if (container.snapshot_key !== '')
      nodes.push(snapshotNode(container.namespace, container.snapshotter, container.snapshot_key));
    nodes.push(...labelReferences(container.namespace, decodeLabels(container.labels)));
  }
  return [...nodes, ...leased(db, (labels) => !(flatLabel in labels))];
}

/** What flat leases hold: kept with its parents, without which it cannot be, but not followed otherwise. */
function readFlat(db: Database): Node[] {
  return leased(db, (labels) => flatLabel in labels);
}

function leased(db: Database, choose: (labels: Record<string, string>) => boolean): Node[] {
  const rows = db.all<Labelled & { type: string; id: string }>(
    `SELECT r.namespace, r.type, r.id, l.labels FROM lease_resources r
     JOIN leases l ON l.namespace = r.namespace AND l.id = r.lease`,
  );
  return rows
    .filter(({ labels }) => choose(decodeLabels(labels)))
    .map(({ namespace, type, id }) => resourceNode(namespace, type, id))
    .filter((node) => node !== undefined);
}

interface Edges {
  readonly from: Map<Node, Node[]>;
  /** The parents of snapshots. */
  readonly parents: Map<Node, Node>;
  readonly roots: Node[];
}

function readEdges(db: Database): Edges {
  const from = new Map<Node, Node[]>();
  const parents = new Map<Node, Node>();
  const roots: Node[] = [];
  const add = (node: Node, { namespace, labels }: Labelled, more: readonly Node[]): void => {
    const decoded = decodeLabels(labels);
    if (rootLabel in decoded) roots.push(node);
    from.set(node, [...labelReferences(namespace, decoded), ...more]);
  };
  for (const blob of db.all<Labelled & { digest: string }>('SELECT namespace, digest, labels FROM blobs'))
    add(blobNode(blob.namespace, blob.digest), blob, []);
  for (const snapshot of db.all<Labelled & { snapshotter: string; key: string; parent: string | null }>(
    `SELECT s.namespace, s.snapshotter, s.key, s.labels, p.key AS parent
     FROM snapshots s LEFT JOIN snapshots p ON p.id = s.parent`,
  )) {
    const { namespace, snapshotter, key, parent } = snapshot;
    const node = snapshotNode(namespace, snapshotter, key);
    add(node, snapshot, parent === null ? [] : [snapshotNode(namespace, snapshotter, parent)]);
    if (parent !== null) parents.set(node, snapshotNode(namespace, snapshotter, parent));
  }
  for (const ingest of db.all<{ namespace: string; expected: string }>(
    "SELECT namespace, expected FROM ingests WHERE expected != ''",
  ))
    roots.push(blobNode(ingest.namespace, ingest.expected));
  return { from, parents, roots };
}
