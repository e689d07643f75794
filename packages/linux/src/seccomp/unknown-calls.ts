/**
 * Calls newer than a profile. A profile that answers EPERM to what it does not name would make programs fail where they
 * expect ENOSYS from a kernel without the call, and then use an older one. So in front of the filter stands a check: a
 * number above every call that the profile names, on that architecture, is ENOSYS (runc does the same).
 */
import type { LibSeccomp } from './libseccomp.ts';
import { actionNumber, architectureName, type SeccompProfile } from './profile.ts';

/** Classic BPF operation codes (kernel documentation, networking/filter). */
const op = { loadWord: 0x20, jumpEqual: 0x15, jumpGreater: 0x25, jumpGreaterOrEqual: 0x35, jump: 0x05, answer: 0x06 };
const offsets = { number: 0, architecture: 4 };
const errnoEnosys = 0x00050000 | 38;
const allow = 0x7fff0000;
const log = 0x7ffc0000;

const x64 = 0xc000003e;
/** Calls of the x32 ABI have x86-64's architecture and this bit in their number. */
const x32Bit = 0x40000000;

/** Instructions to put before the filter; none if the default action lets calls through, or is ENOSYS itself. */
export function unknownCallsPrefix(library: LibSeccomp, profile: SeccompProfile): Uint8Array {
  const action = actionNumber(profile.defaultAction, profile.defaultErrnoRet);
  if (action === allow || action === log || action === errnoEnosys) return new Uint8Array(0);
  const native = library.architecture(process.arch === 'arm64' ? 'aarch64' : 'x86_64');
  const named = (profile.architectures ?? []).map((name) => library.architecture(architectureName(name)));
  const x32 = library.architecture('x32');
  const names = (profile.syscalls ?? []).flatMap((rule) => rule.names ?? []);
  const highest = (token: number) => Math.max(-1, ...names.map((name) => library.callNumber(token, name)));

  const checks = [...new Set([native, ...named])]
    .filter((token) => token !== x32)
    .map((token) => ({
      token,
      instructions: checkNumber(
        highest(token),
        token === x64 ? { highest: named.includes(x32) ? highest(x32) : -1 } : undefined,
      ),
    }))
    .filter(({ instructions }) => instructions.length > 0);
  const code: Instruction[] = [];
  for (const { token, instructions } of checks)
    code.push(
      [op.loadWord, 0, 0, offsets.architecture],
      [op.jumpEqual, 0, instructions.length, token],
      ...instructions,
    );
  return encode(code);
}

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

/** Answers ENOSYS above a number, else goes on behind itself. Calls of x32, which are numbers too, have their own highest. */
function checkNumber(highest: number, x32Calls: { readonly highest: number } | undefined): Instruction[] {
  const check = (limit: number): Instruction[] =>
    limit < 0
      ? []
      : [
          [op.jumpGreater, 0, 1, limit],
          [op.answer, 0, 0, errnoEnosys],
        ];
  const load: Instruction = [op.loadWord, 0, 0, offsets.number];
  const [own, other] = [check(highest), x32Calls === undefined ? [] : check(x32Calls.highest)];
  if (own.length + other.length === 0) return [];
  if (x32Calls === undefined) return [load, ...own];
  return [load, [op.jumpGreaterOrEqual, own.length + 1, 0, x32Bit], ...own, [op.jump, 0, 0, other.length], ...other];
}

function encode(code: readonly Instruction[]): Uint8Array {
  const bytes = Buffer.alloc(code.length * 8);
  for (const [index, [operation, ifTrue, ifFalse, value]] of code.entries()) {
    bytes.writeUInt16LE(operation, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(value, index * 8 + 4);
  }
  return bytes;
}
