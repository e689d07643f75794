/** Loads the FFI library: the only file of the project that does. */

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

/** koffi, straight from the native module. */
export const koffi: Koffi = loadKoffi();

/** The C library that is part of this process. */
export const libc: Library = koffi.load(null);

function loadKoffi(): Koffi {
  // In a built tree the native module is dist/lib/koffi.node; a program is dist/bin/NAME, or runs on dist/lib/node. The
  // executable is asked for it, since a bundler replaces import.meta by the place of this source. Neither node:fs nor
  // node:module is imported: loading each takes milliseconds, and the runtime starts three times for each container.
  const module: { exports: unknown } = { exports: {} };
  try {
    process.dlopen(module, `${process.execPath.replace(/[^/]*$/, '')}../lib/koffi.node`);
  } catch (unbuilt) {
    process.dlopen(module, installedKoffi(unbuilt));
  }
  return module.exports as Koffi;
}

/** The native module in the platform's package: its own index.js takes 6 ms to find the same file. */
function installedKoffi(cause: unknown): string {
  const name = `@koromix/koffi-linux-${process.arch}`;
  try {
    const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
    return `${require.resolve(name).replace(/[^/]*$/, '')}linux_${process.arch}/koffi.node`;
  } catch {
    throw new Error(`the FFI library is neither in lib/koffi.node nor installed as ${name}`, { cause });
  }
}
