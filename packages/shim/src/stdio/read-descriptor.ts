/** Reads a descriptor as data comes, without a thread that waits: a pipe, a terminal, an eventfd, an inotify. */

/** The part of Bun's file API that is used here. Bun reads a copy of the descriptor. https://bun.com/docs/runtime/file-io */
declare const Bun: { file(fd: number): { stream(): ReadableStream<Uint8Array> } };

/**
 * The data that comes from a descriptor, which stays its caller's to close. Ends at the end of a pipe, where a terminal has
 * lost its last process (the kernel answers EIO), and when the signal says so.
 */
export async function* readDescriptor(fd: number, signal?: AbortSignal): AsyncGenerator<Uint8Array, void> {
  const reader = Bun.file(fd).stream().getReader();
  const stop = (): void => void reader.cancel().catch(() => {});
  signal?.addEventListener('abort', stop, { once: true });
  try {
    while (signal?.aborted !== true) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}
