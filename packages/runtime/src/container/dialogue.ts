/**
 * Questions to the person who started the runtime: at the terminal, whatever the container's output is; or to the script
 * that writes to standard input.
 */
import { closeFile, fileStatus, Open, openFile, writeAll } from '@drydock/linux/disk';
import { SyscallError, syscall, trySyscall } from '@drydock/linux/syscall';

export interface Dialogue {
  say(text: string): void;
  /** An answer without its line end; undefined at the end of the input. */
  ask(question: string): string | undefined;
  close(): void;
}

/** Opens the dialogue. What is said goes to the terminal, or to standard error. */
export function openDialogue(): Dialogue {
  const terminal = isTerminal(0) || isNull(0) ? openTerminal() : undefined;
  const [input, output] = terminal === undefined ? [0, 2] : [terminal, terminal];
  const say = (text: string) => writeAll(output, Buffer.from(text), 'the dialogue');
  return {
    say,
    ask(question) {
      say(question);
      return readLine(input);
    },
    close() {
      if (terminal !== undefined) closeFile(terminal);
    },
  };
}

function isTerminal(descriptor: number): boolean {
  const tcgets = 0x5401;
  return trySyscall('ioctl', descriptor, tcgets, new Uint8Array(64)) === 0;
}

function isNull(descriptor: number): boolean {
  const { type, device } = fileStatus(descriptor);
  return type === 'character' && device.major === 1 && device.minor === 3;
}

/** The controlling terminal; undefined if there is none. */
function openTerminal(): number | undefined {
  try {
    return openFile('/dev/tty', Open.readWrite);
  } catch (error) {
    if (error instanceof SyscallError) return undefined;
    throw error;
  }
}

/** Byte by byte: what follows the line may be the container's. */
function readLine(descriptor: number): string | undefined {
  const bytes: number[] = [];
  const byte = Buffer.alloc(1);
  while (syscall('read', [descriptor, byte, 1], 'read an answer') === 1) {
    if (byte[0] === 0x0a) return Buffer.from(bytes).toString('utf8');
    bytes.push(byte[0]!);
  }
  return bytes.length > 0 ? Buffer.from(bytes).toString('utf8') : undefined;
}
