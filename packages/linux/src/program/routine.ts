/** The machine code that executes a syscall program, made from its listing. */
import type { Machine } from './layout.ts';
import { bytesOf } from './listing.ts';
import { arm64Routine } from './routine-arm64.ts';
import { x64Routine } from './routine-x64.ts';

export const routineListings: Readonly<Record<Machine, string>> = { x64: x64Routine, arm64: arm64Routine };

/** Where the routine has the header when it is an executable's first instruction. */
export const headerAddress = 0x410000;

export interface Routine {
  readonly code: Uint8Array;
  /** Where a C caller enters, with the header's address as the argument; offset 0 is for an executable. */
  readonly run: number;
}

/** The routine for a machine. */
export function routineFor(machine: Machine): Routine {
  const known = routines[machine];
  if (known) return known;
  const listing = routineListings[machine];
  const routine = { code: bytesOf(listing), run: bytesOf(listing.slice(0, listing.search(/\| +run:/))).length };
  routines[machine] = routine;
  return routine;
}

const routines: Partial<Record<Machine, Routine>> = {};
