/** libseccomp, bound when the first filter is compiled: most containers find theirs in the cache. */
import { koffi } from '../koffi.ts';

/** The functions used; contexts are addresses, negative results are negated errnos (seccomp_init(3) and its siblings). */
export interface LibSeccomp {
  init(defaultAction: number): number | bigint;
  release(context: number | bigint): void;
  /** The architecture's token, which is the kernel's AUDIT_ARCH_… (x32 has one of libseccomp's own); 0 if unknown. */
  architecture(name: string): number;
  addArchitecture(context: number | bigint, token: number): number;
  setAttribute(context: number | bigint, attribute: number, value: number): number;
  /** The number of a call on an architecture; negative if it has none. */
  callNumber(token: number, name: string): number;
  /** The number of a call, or a negative one that stands for a call of other machines; -1 if nobody knows it. */
  callNumberHere(name: string): number;
  addRule(context: number | bigint, action: number, call: number, count: number, comparisons: Uint8Array): number;
  exportBpf(context: number | bigint, descriptor: number): number;
  version(): string;
}

let bound: LibSeccomp | undefined;

/** Throws if libseccomp.so.2 is not installed. */
export function libSeccomp(): LibSeccomp {
  bound ??= bind();
  return bound;
}

function bind(): LibSeccomp {
  const library = koffi.load('libseccomp.so.2');
  const f = <T>(declaration: string) => library.func(declaration) as T;
  const addRule = f<(c: number | bigint, a: number, call: number, n: number, args: bigint) => number>(
    'int seccomp_rule_add_array(long, uint32_t, int, unsigned int, long)',
  );
  const version = f<() => bigint | number>('long seccomp_version()');
  const peek = koffi.load(null).func('long memcpy(long, long, long)');
  return {
    init: f('long seccomp_init(uint32_t)'),
    release: f('void seccomp_release(long)'),
    architecture: f('uint32_t seccomp_arch_resolve_name(const char *)'),
    addArchitecture: f('int seccomp_arch_add(long, uint32_t)'),
    setAttribute: f('int seccomp_attr_set(long, int, uint32_t)'),
    callNumber: f('int seccomp_syscall_resolve_name_arch(uint32_t, const char *)'),
    callNumberHere: f('int seccomp_syscall_resolve_name(const char *)'),
    addRule: (context, action, call, count, comparisons) =>
      addRule(context, action, call, count, koffi.address(comparisons)),
    exportBpf: f('int seccomp_export_bpf(long, int)'),
    version: () => {
      const numbers = new Uint32Array(3);
      peek(koffi.address(new Uint8Array(numbers.buffer)), version(), 12);
      return numbers.join('.');
    },
  };
}
