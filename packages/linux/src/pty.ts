/** The terminal at a descriptor (ioctl_tty(2)). */
import { syscall } from './syscall.ts';

const tiocswinsz = 0x5414;
const tiocgwinsz = 0x5413;

/** Tells a terminal its size in characters; its foreground processes get SIGWINCH. */
export function setWindowSize(fd: number, width: number, height: number): void {
  const size = Buffer.from(Uint16Array.of(height, width, 0, 0).buffer);
  syscall('ioctl', [fd, tiocswinsz, size], `set the terminal's size to ${width}x${height}`);
}

/** A terminal's size in characters. */
export function windowSize(fd: number): { readonly width: number; readonly height: number } {
  const size = Buffer.alloc(8);
  syscall('ioctl', [fd, tiocgwinsz, size], "get the terminal's size");
  return { height: size.readUInt16LE(0), width: size.readUInt16LE(2) };
}
