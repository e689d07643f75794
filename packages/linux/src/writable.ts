/**
 * Tells when a full pipe or terminal takes bytes again, without a thread that waits and without asking again and again: the
 * kernel sends SIGIO for a descriptor with O_ASYNC (fcntl(2), F_SETOWN).
 */
import { syscall } from './syscall.ts';

const command = { getFlags: 3, setFlags: 4, setOwner: 8 } as const;
const asynchronous = 0o20000;
const pollOut = 0x004;
/** POLLERR, POLLHUP, POLLNVAL: a write would fail at once. */
const pollFailed = 0x038;

const waiting = new Map<number, () => void>();
let isListening = false;

/**
 * Resolves when a descriptor can be written to or a write would fail; or when {@link wakeWriter} is called for it, which
 * must be done before it is closed. One wait a descriptor at a time.
 */
export function writable(fd: number): Promise<void> {
  // SIGIO ends a process that does not listen to it: once listened to, it always is.
  if (!isListening) process.on('SIGIO', askAll);
  isListening = true;
  return new Promise((resolve) => {
    waiting.set(fd, resolve);
    syscall('fcntl', [fd, command.setOwner, process.pid], 'fcntl F_SETOWN');
    setAsynchronous(fd, true);
    // It may have been emptied before the kernel was asked to tell.
    ask(fd);
  });
}

/** Ends a wait, if there is one. */
export function wakeWriter(fd: number): void {
  const resolve = waiting.get(fd);
  if (resolve === undefined) return;
  waiting.delete(fd);
  setAsynchronous(fd, false);
  resolve();
}

function askAll(): void {
  for (const fd of [...waiting.keys()]) ask(fd);
}

function ask(fd: number): void {
  const request = Buffer.alloc(8);
  request.writeInt32LE(fd, 0);
  request.writeInt16LE(pollOut, 4);
  syscall('ppoll', [request, 1, Buffer.alloc(16), null, 8], 'ppoll');
  if ((request.readInt16LE(6) & (pollOut | pollFailed)) !== 0) wakeWriter(fd);
}

function setAsynchronous(fd: number, on: boolean): void {
  const flags = syscall('fcntl', [fd, command.getFlags, 0], 'fcntl F_GETFL');
  const wanted = on ? flags | asynchronous : flags & ~asynchronous;
  syscall('fcntl', [fd, command.setFlags, wanted], 'fcntl F_SETFL');
}
