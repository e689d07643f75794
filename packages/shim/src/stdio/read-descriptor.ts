/** Reads a pipe or a terminal as data comes, without a thread that waits: the one place where Bun and Node differ. */
declare const Bun: { file(fd: number): { stream(): AsyncIterable<Uint8Array> } } | undefined;

/**
 * The data that comes from a non-blocking descriptor. Ends at the end of a pipe, and where a terminal has lost its last
 * process (the kernel answers EIO).
 */
export async function* readDescriptor(fd: number, kind: 'pipe' | 'terminal'): AsyncGenerator<Uint8Array, void> {
  try {
    if (typeof Bun !== 'undefined') yield* Bun.file(fd).stream();
    else if (kind === 'pipe') yield* new (await import('node:net')).Socket({ fd, readable: true, writable: false });
    else yield* new (await import('node:tty')).ReadStream(fd);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error;
  }
}
