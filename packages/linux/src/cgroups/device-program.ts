/**
 * Device rules of cgroup v2, which has no files for them: a BPF program that the kernel asks at every open and mknod of a
 * device (bpf(2), kernel documentation admin-guide/cgroup-v2, "Device controller").
 */
import { koffi } from '../koffi.ts';
import { cString, syscall } from '../syscall.ts';
import type { DeviceRule } from './resources.ts';

/** Commands, types and flags of bpf(2). */
const progLoad = 5;
const progAttach = 8;
const cgroupDeviceProgram = 15;
const cgroupDevice = 6;
const allowMulti = 2;

/** Operation codes: class, source and size in one byte (kernel documentation, bpf/standardization/instruction-set). */
const op = {
  load: 0x61,
  moveRegister: 0xbf,
  move: 0xb7,
  and: 0x57,
  shiftRight: 0x77,
  jumpNotEqual: 0x55,
  jumpEqual: 0x15,
  exit: 0x95,
};
const accessBits: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };
const typeNumbers: Readonly<Record<string, number>> = { b: 1, c: 2 };

/** Makes the rules hold for a cgroup. `directory` is open. */
export function attachDeviceProgram(directory: number, rules: readonly DeviceRule[]): void {
  const code = deviceProgram(rules);
  const license = cString('Apache');
  const load = Buffer.alloc(128);
  load.writeUInt32LE(cgroupDeviceProgram, 0);
  load.writeUInt32LE(code.length / 8, 4);
  load.writeBigUInt64LE(BigInt(koffi.address(code)), 8);
  load.writeBigUInt64LE(BigInt(koffi.address(license)), 16);
  const program = syscall('bpf', [progLoad, load, load.length], 'load the device program');
  try {
    const attach = Buffer.alloc(32);
    attach.writeUInt32LE(directory, 0);
    attach.writeUInt32LE(program, 4);
    attach.writeUInt32LE(cgroupDevice, 8);
    attach.writeUInt32LE(allowMulti, 12);
    syscall('bpf', [progAttach, attach, attach.length], 'attach the device program');
  } finally {
    syscall('close', [program]);
  }
}

/** The program: the last rule that matches decides, and what none matches is allowed: the first rule usually denies all. */
export function deviceProgram(rules: readonly DeviceRule[]): Uint8Array {
  const code = new Instructions();
  // r1 is the context: { access << 16 | type, major, minor }, 32 bits each.
  code.add(op.load, 2, 1, 0, 0);
  code.add(op.moveRegister, 3, 2, 0, 0);
  code.add(op.and, 2, 0, 0, 0xffff);
  code.add(op.shiftRight, 3, 0, 0, 16);
  code.add(op.load, 4, 1, 4, 0);
  code.add(op.load, 5, 1, 8, 0);
  let decided = false;
  for (const rule of mergeRules(rules).reverse()) {
    decided = addRule(code, rule);
    if (decided) break;
  }
  if (!decided) code.add(op.move, 0, 0, 0, 1).add(op.exit, 0, 0, 0, 0);
  return code.bytes();
}

/** Adds a rule; answers whether it matches everything, so that no rule behind it can be reached. */
function addRule(code: Instructions, rule: DeviceRule): boolean {
  const { allow = false, type = 'a', major = -1, minor = -1, access = 'rwm' } = rule;
  const mask = [...(access || 'rwm')].reduce((bits, letter) => bits | (accessBits[letter] ?? 0), 0);
  const tests: [code: number, destination: number, source: number, value: number][] = [];
  if (type !== 'a') {
    tests.push([op.jumpNotEqual, 2, 0, typeNumbers[type] ?? 0]);
    if (major >= 0) tests.push([op.jumpNotEqual, 4, 0, major]);
    if (minor >= 0) tests.push([op.jumpNotEqual, 5, 0, minor]);
  }
  const everyAccess = type === 'a' || mask === 7;
  // r6 = the part of the access asked for that the rule does not name (allow) or names (deny).
  const accessTest = everyAccess ? 0 : 3;
  let rest = tests.length + accessTest + 2;
  for (const [name, destination, source, value] of tests) code.add(name, destination, source, --rest, value);
  if (!everyAccess) {
    code.add(op.moveRegister, 6, 3, 0, 0);
    code.add(op.and, 6, 0, 0, allow ? ~mask & 7 : mask);
    rest -= 3;
    if (allow) code.add(op.jumpNotEqual, 6, 0, rest, 0);
    else code.add(op.jumpEqual, 6, 0, rest, 0);
  }
  code.add(op.move, 0, 0, 0, allow ? 1 : 0).add(op.exit, 0, 0, 0, 0);
  return tests.length === 0 && everyAccess;
}

/** Rules for the same device become one with both accesses, at the place of the last. */
function mergeRules(rules: readonly DeviceRule[]): DeviceRule[] {
  const merged = new Map<string, DeviceRule>();
  for (const rule of rules) {
    const { allow = false, type = 'a', major = -1, minor = -1, access } = rule;
    // A rule for everything makes those before it void.
    if (type === 'a') merged.clear();
    const key = [allow, type, major, minor].join(' ');
    const letters = new Set([...(merged.get(key)?.access ?? ''), ...(access || 'rwm')]);
    merged.delete(key);
    merged.set(key, { allow, type, major, minor, access: [...letters].join('') });
  }
  return [...merged.values()];
}

/** A BPF program under construction: 8 bytes an instruction. */
class Instructions {
  readonly #bytes: number[] = [];

  add(code: number, destination: number, source: number, offset: number, value: number): this {
    const at = new DataView(new ArrayBuffer(8));
    at.setUint8(0, code);
    at.setUint8(1, (source << 4) | destination);
    at.setInt16(2, offset, true);
    at.setInt32(4, value, true);
    this.#bytes.push(...new Uint8Array(at.buffer));
    return this;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
