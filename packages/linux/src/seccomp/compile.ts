/** A seccomp profile becomes a BPF program (seccomp(2)). */
import { closeFile, readDescriptor } from '../disk.ts';
import { errnoText } from '../errno.ts';
import { syscall } from '../syscall.ts';
import { type LibSeccomp, libSeccomp } from './libseccomp.ts';
import {
  actionNumber,
  architectureName,
  operatorNumber,
  type SeccompArgument,
  type SeccompProfile,
} from './profile.ts';
import { unknownCallsPrefix } from './unknown-calls.ts';

/** SCMP_FLTATR_CTL_OPTIMIZE: 2 is a binary tree of the calls instead of a row of comparisons. */
const optimize = 8;
const binaryTree = 2;
const existing = -17;
const comparisonBytes = 24;

/** The filter as an array of `struct sock_filter`. Throws if libseccomp is missing, or refuses a rule. */
export function compileSeccomp(profile: SeccompProfile): Uint8Array {
  const library = libSeccomp();
  const context = library.init(actionNumber(profile.defaultAction, profile.defaultErrnoRet));
  try {
    for (const architecture of profile.architectures ?? []) {
      const token = library.architecture(architectureName(architecture));
      const result = library.addArchitecture(context, token);
      if (result !== existing) check(result, `error adding architecture ${architecture} to seccomp filter`);
    }
    // Before libseccomp 2.5 there is no binary tree: the filter is the same, only slower.
    library.setAttribute(context, optimize, binaryTree);
    addRules(library, context, profile);
    const filter = exported(library, context);
    return Buffer.concat([unknownCallsPrefix(library, profile), filter]);
  } finally {
    library.release(context);
  }
}

function addRules(library: LibSeccomp, context: number | bigint, profile: SeccompProfile): void {
  const defaultAction = actionNumber(profile.defaultAction, profile.defaultErrnoRet);
  for (const { names = [], action, errnoRet, args = [] } of profile.syscalls ?? []) {
    const number = actionNumber(action, errnoRet);
    // libseccomp refuses a rule that does what is done anyway.
    if (number === defaultAction) continue;
    for (const name of names) {
      const call = library.callNumberHere(name);
      // Profiles name the calls of many kernels and machines.
      if (call === -1) continue;
      for (const conditions of alternatives(args)) {
        const op = `error adding seccomp rule for syscall ${name}`;
        check(library.addRule(context, number, call, conditions.length, comparisons(conditions, name)), op);
      }
    }
  }
}

/** libseccomp takes one condition an argument; two on the same argument are meant as alternatives, as in runc. */
function alternatives(args: readonly SeccompArgument[]): (readonly SeccompArgument[])[] {
  const distinct = new Set(args.map(({ index = 0 }) => index)).size === args.length;
  return distinct ? [args] : args.map((argument) => [argument]);
}

/** An array of `struct scmp_arg_cmp`. */
function comparisons(args: readonly SeccompArgument[], name: string): Uint8Array {
  const bytes = Buffer.alloc(Math.max(1, args.length) * comparisonBytes);
  for (const [position, { index = 0, value = 0, valueTwo = 0, op }] of args.entries()) {
    if (index > 5) {
      const text = `syscalls only have up to 6 arguments (${index} given)`;
      throw new Error(`error creating seccomp syscall condition for syscall ${name}: ${text}`);
    }
    const at = position * comparisonBytes;
    bytes.writeUInt32LE(index, at);
    bytes.writeUInt32LE(operatorNumber(op), at + 4);
    bytes.writeBigUInt64LE(unsigned(value), at + 8);
    bytes.writeBigUInt64LE(unsigned(valueTwo), at + 16);
  }
  return bytes;
}

/** JSON numbers near 2^64 were rounded to it by the parser. */
function unsigned(value: number): bigint {
  return value >= 2 ** 64 ? 2n ** 64n - 1n : BigInt(value);
}

function exported(library: LibSeccomp, context: number | bigint): Uint8Array {
  const file = syscall('memfd_create', ['seccomp', 1]);
  try {
    check(library.exportBpf(context, file), 'error exporting seccomp filter');
    syscall('lseek', [file, 0, 0]);
    return readDescriptor(file, 'seccomp filter');
  } finally {
    closeFile(file);
  }
}

function check(result: number, op: string): void {
  if (result < 0) throw new Error(`${op}: ${errnoText(-result)}`);
}
