/** Loads the FFI library: the only file of the project that does. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The part of koffi that the project uses. https://koffi.dev */
export interface Koffi {
  /** Opens a shared library by soname, or the program itself (libc included) with `null`. Throws if it is missing. */
  load(name: string | null): Library;
  /** The address of a typed array's memory. It stays valid while the array is alive. */
  address(data: Uint8Array): bigint;
  /** `errno` as the last call on this thread left it. */
  errno(value?: number): number;
  /** A callable for the function at an address. `prototype` is a type made by `proto`. */
  decode(address: bigint, type: unknown): (...args: unknown[]) => unknown;
  call(address: bigint, type: unknown, ...args: unknown[]): unknown;
  proto(definition: string): unknown;
}

/** A loaded shared library. */
export interface Library {
  /** Binds a function by its C declaration, such as `long syscall(long, long)`. */
  func(declaration: string): (...args: unknown[]) => unknown;
  symbol(name: string, type: string): unknown;
}

/** koffi, from the platform's own package: the `koffi` wrapper takes twice the time to load. */
export const koffi: Koffi = loadKoffi();

/** The C library that is part of this process. */
export const libc: Library = koffi.load(null);

function loadKoffi(): Koffi {
  const require = createRequire(import.meta.url);
  // A built program has the native module beside its `bin` folder: dist/lib/koffi.node.
  const bundled = join(dirname(fileURLToPath(import.meta.url)), '..', 'lib', 'koffi.node');
  if (existsSync(bundled)) return require(bundled);
  return require(`@koromix/koffi-linux-${process.arch}`);
}
