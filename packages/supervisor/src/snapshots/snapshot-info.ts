/** The record of a snapshot as the metadata has it, and what clients are told of it. */
import { type Info, Kind } from '@drydock/rpc/generated/snapshots';
import { readMap } from '../metadata/filters.ts';
import { decodeLabels } from '../metadata/labels.ts';
import { timestamp } from '../metadata/moments.ts';

/** A row of the table, with the parent's key. */
export interface SnapshotRow {
  readonly id: number;
  readonly key: string;
  readonly kind: number;
  readonly parent: number | null;
  readonly parent_key: string | null;
  readonly labels: string;
  readonly created: number;
  readonly updated: number;
  readonly size: number | null;
  readonly inodes: number | null;
}

/** What a client is told. */
export function infoOf(row: SnapshotRow): Info {
  return {
    name: row.key,
    parent: row.parent_key ?? '',
    kind: row.kind,
    labels: decodeLabels(row.labels),
    createdAt: timestamp(row.created),
    updatedAt: timestamp(row.updated),
  };
}

const kindNames: Record<number, string> = {
  [Kind.VIEW]: 'view',
  [Kind.ACTIVE]: 'active',
  [Kind.COMMITTED]: 'committed',
};

/** A field of an info, for filters. */
export function readField(info: Info, [field, ...rest]: readonly string[]): string | undefined {
  switch (field) {
    case 'kind':
      return kindNames[info.kind];
    case 'name':
      return info.name;
    case 'parent':
      return info.parent;
    case 'labels':
      return readMap(info.labels, rest);
    default:
      return undefined;
  }
}
