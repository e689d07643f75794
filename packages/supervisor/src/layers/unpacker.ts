/**
 * Unpacks a layer into a directory. Entries name their files below an open descriptor of it, and every parent is resolved
 * inside it, so that neither `..` nor a link, of the archive or already there, leads out: such an entry ends up inside.
 *
 * A path that is there already is replaced, except that a directory keeps what is in it. Times of directories are set at
 * the end, when nothing is written into them any more.
 */
import { fstatSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { posix } from 'node:path';
import { Errno, errnoText } from '@drydock/linux/errno';
import * as files from '@drydock/linux/files';
import { openDirectoryInRoot, tryOpenInRoot } from '@drydock/linux/in-root';
import { SyscallError } from '@drydock/linux/syscall';
import { pathAt, setXattr } from '@drydock/linux/xattr';
import { type Moment, readable, type TarEntry } from './tar-entry.ts';
import type { TarHandler } from './tar-reader.ts';
import type { WhiteoutRule } from './whiteouts.ts';

/** Gives a directory that the archive implies but does not hold the owner, mode and attributes of a lower layer's. */
export type ParentRule = (path: string, descriptor: number) => void;

export interface UnpackOptions {
  readonly whiteouts: WhiteoutRule;
  readonly parents?: ParentRule | undefined;
}

interface Place {
  readonly parent: number;
  readonly name: Uint8Array;
  readonly path: string;
}

export class Unpacker implements TarHandler {
  readonly #target: string;
  readonly #root: number;
  readonly #options: UnpackOptions;
  readonly #directories: { readonly path: string; readonly entry: TarEntry }[] = [];
  /** The parent of the last entry: most share it with the next. */
  #parent: { readonly path: string; readonly descriptor: number } | undefined;
  /** The file that data is written to. */
  #file: { readonly descriptor: number; readonly place: Place; readonly entry: TarEntry } | undefined;

  constructor(target: string, options: UnpackOptions) {
    this.#target = target;
    this.#options = options;
    this.#root = openSync(target, files.OpenFlag.PATH | files.OpenFlag.DIRECTORY);
  }

  entry(entry: TarEntry): void {
    const path = posix.normalize(`/${entry.path}`).slice(1).replace(/\/$/, '');
    if (path === '') return;
    this.#named(entry, () => {
      const base = posix.basename(path);
      const place = this.#place(path, base);
      if (this.#options.whiteouts.convert(place.parent, base, place.path, entry)) return this.#forget();
      this.#make(place, entry);
    });
  }

  data(chunk: Uint8Array, offset?: number): void {
    const file = this.#file;
    if (file === undefined) return;
    for (let done = 0; done < chunk.length; ) {
      try {
        const position = offset === undefined ? undefined : offset + done;
        done += writeSync(file.descriptor, chunk, done, chunk.length - done, position);
      } catch (error) {
        throw this.#fault('write', file.entry.path, error);
      }
    }
  }

  end(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    // A hole at the end of a sparse file is not written.
    if (fstatSync(file.descriptor).size < file.entry.size) ftruncateSync(file.descriptor, file.entry.size);
    files.close(file.descriptor);
    this.#named(file.entry, () => this.#finish(file.place, file.entry));
  }

  /** Sets the times of directories. */
  finish(): void {
    for (const { path, entry } of this.#directories) {
      const directory = tryOpenInRoot(this.#root, bytes(path), files.OpenFlag.PATH | files.OpenFlag.DIRECTORY);
      if (directory < 0) continue;
      try {
        this.#named(entry, () => setTimes(directory, bytes('.'), entry));
      } finally {
        files.close(directory);
      }
    }
  }

  /** Lets go of everything that is open. */
  close(): void {
    if (this.#file !== undefined) files.close(this.#file.descriptor);
    this.#file = undefined;
    this.#forget();
    files.close(this.#root);
  }

  /** Where an entry goes. Its parents are made if they are missing. */
  #place(path: string, base: string): Place {
    const directory = posix.dirname(path);
    if (this.#parent?.path !== directory) {
      this.#forget();
      const created = this.#options.parents;
      const descriptor = openDirectoryInRoot(this.#root, directory, {
        encoding: 'latin1',
        ...(created === undefined ? {} : { created }),
      });
      this.#parent = { path: directory, descriptor };
    }
    return { parent: this.#parent.descriptor, name: bytes(base), path };
  }

  /** Forgets the last parent: what its path leads to may have changed. */
  #forget(): void {
    if (this.#parent !== undefined) files.close(this.#parent.descriptor);
    this.#parent = undefined;
  }

  #make(place: Place, entry: TarEntry): void {
    const { parent, name } = place;
    switch (entry.type) {
      case 'file': {
        const flags = files.OpenFlag.WRONLY | files.OpenFlag.CREAT | files.OpenFlag.EXCL | files.OpenFlag.NOFOLLOW;
        const descriptor = this.#replacing(place, () => files.openAt(parent, name, flags, entry.mode & 0o777));
        this.#file = { descriptor, place, entry };
        return;
      }
      case 'directory':
        this.#makeDirectory(place);
        this.#directories.push({ path: place.path, entry });
        break;
      case 'symlink':
        this.#replacing(place, () => files.symlinkAt(bytes(entry.target), parent, name));
        break;
      case 'link':
        this.#makeLink(place, entry);
        break;
      default:
        this.#replacing(place, () =>
          files.mknodAt(
            parent,
            name,
            files.FileType[entry.type as 'character' | 'block' | 'fifo'] | entry.mode,
            entry.type === 'fifo' ? { major: 0, minor: 0 } : entry.device,
          ),
        );
    }
    this.#finish(place, entry);
  }

  /** Sets what a file has besides its data. The mode comes after the owner, which clears set-uid and set-gid. */
  #finish({ parent, name }: Place, entry: TarEntry): void {
    files.chownAt(parent, name, entry.uid, entry.gid);
    for (const [key, value] of entry.xattrs) {
      try {
        setXattr(pathAt(parent, name), key, value);
      } catch (error) {
        if (!(error instanceof SyscallError) || error.errno !== Errno.ENOTSUP) throw error;
      }
    }
    if (entry.type !== 'symlink') files.chmodAt(parent, name, entry.mode);
    if (entry.type !== 'directory') setTimes(parent, name, entry);
    this.#options.whiteouts.made?.(this.#parent?.path ?? '.', Buffer.from(name).toString('latin1', 0, name.length - 1));
  }

  #makeDirectory(place: Place): void {
    try {
      files.mkdirAt(place.parent, place.name, 0o755);
    } catch (error) {
      if (!hasErrno(error, Errno.EEXIST)) throw error;
      const flags = files.OpenFlag.PATH | files.OpenFlag.DIRECTORY | files.OpenFlag.NOFOLLOW;
      const existing = tryOpenInRoot(place.parent, place.name, flags);
      if (existing >= 0) files.close(existing);
      else {
        this.#remove(place);
        files.mkdirAt(place.parent, place.name, 0o755);
      }
    }
  }

  /** A hard link's target is a path from the root; its own last component is not followed. */
  #makeLink(place: Place, entry: TarEntry): void {
    const target = posix.normalize(`/${entry.target}`);
    const flags = files.OpenFlag.PATH | files.OpenFlag.DIRECTORY;
    const directory = tryOpenInRoot(this.#root, bytes(posix.dirname(target)), flags);
    if (directory < 0) throw new SyscallError(`link ${readable(entry.target)}`, -directory);
    try {
      this.#replacing(place, () =>
        files.linkAt(directory, bytes(posix.basename(target) || '.'), place.parent, place.name),
      );
    } finally {
      files.close(directory);
    }
  }

  /** Makes something where nothing must be, removing what is in the way. */
  #replacing<T>(place: Place, make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (!hasErrno(error, Errno.EEXIST)) throw error;
      this.#remove(place);
      return make();
    }
  }

  #remove({ parent, name }: Place): void {
    rmSync(Buffer.from(pathAt(parent, name).slice(0, -1) as Uint8Array), { recursive: true, force: true });
  }

  #named<T>(entry: TarEntry, action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw this.#fault(error instanceof SyscallError ? (error.op.split(' ')[0] ?? '') : '', entry.path, error);
    }
  }

  /** An error that names the file, in the words of Go's PathError. */
  #fault(op: string, path: string, error: unknown): Error {
    const errno = error instanceof SyscallError ? error.errno : -((error as NodeJS.ErrnoException).errno ?? 0);
    if (errno === 0) return error as Error;
    const file = posix.join(this.#target, posix.normalize(`/${readable(path)}`));
    return new Error(`${op} ${file}: ${errnoText(errno)}`, { cause: error });
  }
}

/** A byte string as C has it. */
function bytes(text: string): Uint8Array {
  return Buffer.from(`${text}\0`, 'latin1');
}

function hasErrno(error: unknown, errno: number): boolean {
  return error instanceof SyscallError && error.errno === errno;
}

/** Times that file systems can hold: seconds as 64 bits in the kernel, 34 in ext4; earlier and later ones become 1970. */
const maxSeconds = 2 ** 33;

function setTimes(parent: number, name: Uint8Array, { modified, accessed }: TarEntry): void {
  const bound = (moment: Moment): Moment =>
    moment.seconds < 0 || moment.seconds > maxSeconds ? { seconds: 0, nanos: 0 } : moment;
  const latest = accessed !== undefined && isLater(accessed, modified) ? accessed : modified;
  files.setTimesAt(parent, name, bound(latest), bound(modified));
}

function isLater(a: Moment, b: Moment): boolean {
  return a.seconds > b.seconds || (a.seconds === b.seconds && a.nanos > b.nanos);
}
