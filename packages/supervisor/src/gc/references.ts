/** What refers to what, for garbage collection: nodes, and the labels that point from one to another. */
import { isDigest } from '@drydock/oci/digest';
import type { Labels } from '../metadata/labels.ts';

/** A blob or a snapshot of a namespace, as one string. */
export type Node = string;

export const blobNode = (namespace: string, digest: string): Node => `content\0${namespace}\0${digest}`;

export const snapshotNode = (namespace: string, snapshotter: string, key: string): Node =>
  `snapshots/${snapshotter}\0${namespace}\0${key}`;

/** A node of a lease's resource; nothing for an ingest, which needs no mark. */
export function resourceNode(namespace: string, type: string, id: string): Node | undefined {
  return type === 'ingests' ? undefined : `${type}\0${namespace}\0${id}`;
}

/** A blob or snapshot with this label, whatever its value, is kept. */
export const rootLabel = 'containerd.io/gc.root';
/** A lease with this label ends at the moment that is its value (RFC 3339). */
export const expireLabel = 'containerd.io/gc.expire';
/** A lease with this label keeps its resources, but not what they refer to. */
export const flatLabel = 'containerd.io/gc.flat';

const contentLabel = /^containerd\.io\/gc\.ref\.content(?:[./].*)?$/;
const snapshotLabel = /^containerd\.io\/gc\.ref\.snapshot\.([^/]+)(?:\/.*)?$/;

/** The nodes that labels refer to. */
export function labelReferences(namespace: string, labels: Labels): Node[] {
  const nodes: Node[] = [];
  for (const [key, value] of Object.entries(labels)) {
    if (contentLabel.test(key) && isDigest(value)) nodes.push(blobNode(namespace, value));
    const snapshotter = snapshotLabel.exec(key)?.[1];
    if (snapshotter !== undefined) nodes.push(snapshotNode(namespace, snapshotter, value));
  }
  return nodes;
}
