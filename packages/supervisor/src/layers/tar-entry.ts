/** An entry of a layer's tar stream, as reader, writer, unpacker and differ share it. */

/** A point in time. `nanos` is within the second, also before 1970. */
export interface Moment {
  readonly seconds: number;
  readonly nanos: number;
}

export type EntryType = 'file' | 'link' | 'symlink' | 'character' | 'block' | 'directory' | 'fifo';

/**
 * One entry. Names are byte strings: one character a byte (latin1), since a file's name on Linux need not be UTF-8.
 * A path is as the archive has it, not yet cleaned.
 */
export interface TarEntry {
  readonly path: string;
  readonly type: EntryType;
  /** Permission bits with set-uid, set-gid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of data that follow; 0 for all but files. */
  readonly size: number;
  readonly modified: Moment;
  readonly accessed?: Moment | undefined;
  /** The target of a link: a path in the archive (link) or any text (symlink). */
  readonly target: string;
  readonly device: { readonly major: number; readonly minor: number };
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

/** The PAX key of an extended attribute, before the attribute's name. */
export const xattrPrefix = 'SCHILY.xattr.';

/** A byte string as the text that messages show. */
export function readable(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}
