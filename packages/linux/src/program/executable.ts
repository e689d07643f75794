/**
 * A syscall program as a static executable: the routine is its only code, the program its only data. Executing it is how
 * a child of the engine gets rid of the engine: memory, threads' leftovers, signal handlers, and an executable that the
 * container could reach through /proc/PID/exe (elf(5)).
 */
import type { Machine } from './layout.ts';
import { headerAddress, routineFor } from './routine.ts';

const codeAddress = 0x400000;
const headerBytes = 64;
const segmentBytes = 56;
/** Behind the ELF header and the program headers. */
const codeOffset = 0x100;

const machines: Readonly<Record<Machine, { readonly number: number; readonly page: number }>> = {
  x64: { number: 62, page: 0x1000 },
  // Kernels for arm64 may have pages of 64 KiB.
  arm64: { number: 183, page: 0x10000 },
};

const segmentType = { load: 1, stack: 0x6474e551 };
const protection = { execute: 1, write: 2, read: 4 };

/** An ELF file whose data segment, at `headerAddress`, is a laid out program. */
export function makeExecutable(machine: Machine, data: Uint8Array): Uint8Array {
  return staticExecutable(machine, { code: routineFor(machine).code, data });
}

/** An ELF file that begins with the first byte of its code. Its data is writable, at `headerAddress`. */
export function staticExecutable(
  machine: Machine,
  { code, data }: { readonly code: Uint8Array; readonly data: Uint8Array },
): Uint8Array {
  const { number, page } = machines[machine];
  const file = new Uint8Array(page + data.length);
  const view = new DataView(file.buffer);

  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1], 0);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, number, true);
  view.setUint32(20, 1, true);
  view.setUint32(24, codeAddress + codeOffset, true);
  view.setUint32(32, headerBytes, true);
  view.setUint16(52, headerBytes, true);
  view.setUint16(54, segmentBytes, true);
  view.setUint16(56, 3, true);

  const segment = (index: number, type: number, flags: number, offset: number, address: number, size: number) => {
    const at = headerBytes + index * segmentBytes;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, flags, true);
    view.setUint32(at + 8, offset, true);
    view.setUint32(at + 16, address, true);
    view.setUint32(at + 24, address, true);
    view.setUint32(at + 32, size, true);
    view.setUint32(at + 40, size, true);
    view.setUint32(at + 48, page, true);
  };
  const { execute, write, read } = protection;
  segment(0, segmentType.load, read | execute, 0, codeAddress, codeOffset + code.length);
  segment(1, segmentType.load, read | write, page, headerAddress, data.length);
  segment(2, segmentType.stack, read | write, 0, 0, 0);

  file.set(code, codeOffset);
  file.set(data, page);
  return file;
}
