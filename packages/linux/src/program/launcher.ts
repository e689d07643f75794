/**
 * A program that does nothing but execute another with one more environment variable: 80 bytes of code, no libraries, so it
 * costs a third of a millisecond. What a JavaScript engine reads from its environment before anything else, it gets so.
 */
import { staticExecutable } from './executable.ts';
import type { Machine } from './layout.ts';
import { bytesOf } from './listing.ts';

/** Where the data has what, from its beginning on: see the listings. */
const place = { variable: 0, messageLength: 0x40, message: 0x48, path: 0x80 };
const pathLimit = 4096;

export interface Launched {
  /** The absolute path of the program to execute. */
  readonly path: string;
  /** `NAME=value`, in front of the environment; at most 63 bytes. */
  readonly variable: string;
}

/** The launcher as an ELF file. It exits with 127 if the program cannot be executed. */
export function makeLauncher(machine: Machine, { path, variable }: Launched): Uint8Array {
  const data = Buffer.alloc(place.path + pathLimit);
  const message = Buffer.from('the program of this launcher cannot be executed\n');
  if (variable.length >= place.messageLength) throw new Error(`launcher: variable ${variable} is too long`);
  if (Buffer.byteLength(path) >= pathLimit) throw new Error(`launcher: path ${path} is too long`);
  data.write(variable, place.variable);
  data.writeUInt32LE(message.length, place.messageLength);
  message.copy(data, place.message);
  data.write(path, place.path);
  return staticExecutable(machine, { code: bytesOf(launcherListings[machine]), data });
}

/**
 * The arguments move down by one word, over their number. The slot of the null behind them is free then: it becomes the
 * first of the environment.
 */
export const launcherListings: Readonly<Record<Machine, string>> = {
  x64: `
48 8b 0c 24            |   mov rcx, [rsp]          # the number of arguments; they follow, then null, then the environment
48 ff c1               |   inc rcx
48 89 e7               |   mov rdi, rsp
48 8d 74 24 08         |   lea rsi, [rsp + 8]
f3 48 a5               |   rep movsq
48 89 fa               |   mov rdx, rdi
b8 00 00 41 00         |   mov eax, 0x410000       # the variable
48 89 02               |   mov [rdx], rax
48 89 e6               |   mov rsi, rsp
bf 80 00 41 00         |   mov edi, 0x410080       # the path
b8 3b 00 00 00         |   mov eax, 59             # execve
0f 05                  |   syscall
bf 02 00 00 00         |   mov edi, 2
be 48 00 41 00         |   mov esi, 0x410048       # the message
8b 14 25 40 00 41 00   |   mov edx, [0x410040]
b8 01 00 00 00         |   mov eax, 1              # write
0f 05                  |   syscall
bf 7f 00 00 00         |   mov edi, 127
b8 e7 00 00 00         |   mov eax, 231            # exit_group
0f 05                  |   syscall
`,
  arm64: `
e9 03 40 f9 |   ldr x9, [sp]                       # the number of arguments; they follow, then null, then the environment
e0 03 00 91 |   mov x0, sp
e1 23 00 91 |   add x1, sp, #8
            | shift:
22 84 40 f8 |   ldr x2, [x1], #8
02 84 00 f8 |   str x2, [x0], #8
29 05 00 f1 |   subs x9, x9, #1
a5 ff ff 54 |   b.pl shift
23 08 a0 d2 |   movz x3, #0x41, lsl #16            # the variable
03 00 00 f9 |   str x3, [x0]
e2 03 00 aa |   mov x2, x0
e1 03 00 91 |   mov x1, sp
60 00 02 91 |   add x0, x3, #0x80                  # the path
a8 1b 80 d2 |   mov x8, #221                       # execve
01 00 00 d4 |   svc #0
40 00 80 d2 |   mov x0, #2
61 20 01 91 |   add x1, x3, #0x48                  # the message
62 20 40 f9 |   ldr x2, [x3, #0x40]
08 08 80 d2 |   mov x8, #64                        # write
01 00 00 d4 |   svc #0
e0 0f 80 d2 |   mov x0, #127
c8 0b 80 d2 |   mov x8, #94                        # exit_group
01 00 00 d4 |   svc #0
`,
};
