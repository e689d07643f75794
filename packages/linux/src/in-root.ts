/**
 * Paths that cannot leave a root: every component is resolved by the kernel with the root as `/` (openat2(2),
 * RESOLVE_IN_ROOT), so neither `..` nor a symbolic link of the tree leads out of it.
 */
import { Errno } from './errno.ts';
import { close, type FileName, mkdirAt, OpenFlag, readlinkAt } from './files.ts';
import { SyscallError, trySyscall } from './syscall.ts';

const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_IN_ROOT = 0x10;
/** As many links as the kernel follows (path_resolution(7)). */
const maxLinks = 40;

/** `struct open_how` with the resolution that this file is about. */
function openHow(flags: number, mode: number): Uint8Array {
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(flags), 0);
  how.writeBigUInt64LE(BigInt(mode), 8);
  how.writeBigUInt64LE(BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), 16);
  return how;
}

/** Opens `path` below the directory `root`; answers the descriptor or the negated error number. */
export function tryOpenInRoot(root: number, path: FileName, flags: number, mode = 0): number {
  const how = openHow(flags | OpenFlag.CLOEXEC, mode);
  for (;;) {
    // EAGAIN: a rename elsewhere made the kernel unsure whether `..` stayed inside; it asks to be called again.
    const result = trySyscall('openat2', root, path === '' ? '/' : path, how, how.length);
    if (result !== -Errno.EAGAIN) return result;
  }
}

/** Opens `path` below the directory `root`. Throws {@link SyscallError}. */
export function openInRoot(root: number, path: string, flags: number, mode = 0): number {
  const result = tryOpenInRoot(root, path, flags, mode);
  if (result < 0) throw new SyscallError(`open ${path}`, -result);
  return result;
}

/** How missing directories are made. */
export interface MakeOptions {
  /** Hears of each directory made, as the path asked for and an open descriptor of it. */
  readonly created?: (path: string, descriptor: number) => void;
  /** How the path's bytes stand in the string: `latin1` for one character a byte, whatever it means. Default utf8. */
  readonly encoding?: BufferEncoding;
}

/**
 * Opens the directory `path` below `root`, making what is missing with mode 0755. A dangling link has its target made,
 * inside the root too.
 */
export function openDirectoryInRoot(
  root: number,
  path: string,
  { created, encoding = 'utf8' }: MakeOptions = {},
): number {
  const flags = OpenFlag.PATH | OpenFlag.DIRECTORY;
  const bytes = (text: string): Uint8Array => Buffer.from(`${text === '' ? '/' : text}\0`, encoding);
  const whole = tryOpenInRoot(root, bytes(path), flags);
  if (whole !== -Errno.ENOENT) return checked(whole, path);

  const todo = components(path);
  let done = '';
  let links = 0;
  while (todo.length > 0) {
    const part = todo.shift()!;
    const next = `${done}/${part}`;
    const found = tryOpenInRoot(root, bytes(next), flags);
    if (found >= 0) close(found);
    else if (found !== -Errno.ENOENT) throw new SyscallError(`open ${next}`, -found);
    else {
      const parent = checked(tryOpenInRoot(root, bytes(done), flags), done);
      try {
        const target = readlinkAt(parent, bytes(part), encoding);
        if (target !== undefined) {
          links += 1;
          if (links > maxLinks) throw new SyscallError(`open ${path}`, Errno.ELOOP);
          todo.unshift(...components(target));
          if (target.startsWith('/')) done = '';
          continue;
        }
        mkdirAt(parent, bytes(part), 0o755);
        if (created !== undefined) announce(parent, bytes(part), next, created);
      } finally {
        close(parent);
      }
    }
    done = next;
  }
  return checked(tryOpenInRoot(root, bytes(done), flags), path);
}

/** A path's components; `..` stays, since the kernel must walk it: what is before it may be a link. */
function components(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function announce(
  parent: number,
  name: Uint8Array,
  path: string,
  created: (path: string, descriptor: number) => void,
): void {
  const flags = OpenFlag.RDONLY | OpenFlag.DIRECTORY | OpenFlag.NOFOLLOW;
  const made = checked(tryOpenInRoot(parent, name, flags), path);
  try {
    created(path, made);
  } finally {
    close(made);
  }
}

function checked(result: number, path: string): number {
  if (result < 0) throw new SyscallError(`open ${path}`, -result);
  return result;
}
