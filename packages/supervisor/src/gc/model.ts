/**
 * What garbage collection must do, told once more and as plainly as can be, for the random test: objects in memory, and a
 * search from the roots. Nothing of it is shared with the collector.
 */

export type Labels = Readonly<Record<string, string>>;

/** A blob or a snapshot; the key tells which: `c NAMESPACE DIGEST`, `s NAMESPACE SNAPSHOTTER KEY`. */
export interface ModelNode {
  readonly kind: 'blob' | 'active' | 'view' | 'committed';
  readonly labels: Labels;
  /** The key of a snapshot's parent. */
  readonly parent?: string | undefined;
}

interface ModelLease {
  readonly namespace: string;
  readonly flat: boolean;
  /** Milliseconds since 1970. */
  readonly expires: number | undefined;
  readonly resources: Set<string>;
}

export const blobKey = (namespace: string, digest: string): string => `c ${namespace} ${digest}`;
export const snapshotKey = (namespace: string, snapshotter: string, name: string): string =>
  `s ${namespace} ${snapshotter} ${name}`;
export const ingestKey = (namespace: string, ref: string): string => `i ${namespace} ${ref}`;

export class Model {
  readonly nodes = new Map<string, ModelNode>();
  /** What images and containers refer to, by whatever names them. */
  readonly holders = new Map<string, readonly string[]>();
  readonly leases = new Map<string, ModelLease>();
  /** Ingests, and until when they stay without a lease. */
  readonly ingests = new Map<string, number | undefined>();

  /** All that must survive a collection at a moment. */
  reachable(now: number): Set<string> {
    const found = new Set<string>();
    const visit = (key: string, follow: 'all' | 'parents'): void => {
      const node = this.nodes.get(key);
      if (node === undefined) return;
      // What was reached with everything it leads to needs no second visit; what was reached flatly does.
      if (found.has(`${key} all`) || found.has(`${key} ${follow}`)) return;
      found.add(`${key} ${follow}`);
      if (node.parent !== undefined) visit(node.parent, follow);
      if (follow === 'all') for (const target of targets(namespaceOf(key), node.labels)) visit(target, 'all');
    };
    for (const keys of this.holders.values()) for (const key of keys) visit(key, 'all');
    for (const [key, { labels }] of this.nodes) if ('containerd.io/gc.root' in labels) visit(key, 'all');
    for (const { flat, expires, resources } of this.leases.values())
      if (expires === undefined || expires >= now) for (const key of resources) visit(key, flat ? 'parents' : 'all');
    return new Set([...found].map((mark) => mark.slice(0, mark.lastIndexOf(' '))));
  }

  /** Ingests that must survive. */
  livingIngests(now: number): Set<string> {
    const leased = new Set(
      [...this.leases.values()]
        .filter(({ expires }) => expires === undefined || expires >= now)
        .flatMap(({ resources }) => [...resources]),
    );
    return new Set(
      [...this.ingests].flatMap(([key, until]) =>
        (until === undefined ? leased.has(key) : until >= now) ? [key] : [],
      ),
    );
  }

  /** Does what a collection does. */
  collect(now: number): void {
    for (const [id, { expires }] of this.leases) if (expires !== undefined && expires < now) this.leases.delete(id);
    const nodes = this.reachable(now);
    for (const key of this.nodes.keys()) if (!nodes.has(key)) this.nodes.delete(key);
    const ingests = this.livingIngests(now);
    for (const key of this.ingests.keys()) if (!ingests.has(key)) this.ingests.delete(key);
  }
}

/** What labels refer to. */
export function targets(namespace: string, labels: Labels): string[] {
  return Object.entries(labels).flatMap(([label, value]) => {
    if (label.startsWith('containerd.io/gc.ref.content')) return [blobKey(namespace, value)];
    const [, snapshotter] = /^containerd\.io\/gc\.ref\.snapshot\.(\w+)/.exec(label) ?? [];
    return snapshotter === undefined ? [] : [snapshotKey(namespace, snapshotter, value)];
  });
}

function namespaceOf(key: string): string {
  return key.split(' ')[1] ?? '';
}
