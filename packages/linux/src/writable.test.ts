import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { mkfifo, openHolder } from './fifo.ts';
import { wakeWriter, writable } from './writable.ts';

const directory = mkdtempSync(join(tmpdir(), 'drydock-writable-'));
t.teardown(() => rmSync(directory, { recursive: true }));
const path = join(directory, 'pipe');
mkfifo(path);

/** Writes as much as the pipe takes. */
function fill(fd: number): void {
  for (const chunk = Buffer.alloc(65536); ; ) {
    try {
      writeSync(fd, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return;
      throw error;
    }
  }
}

const soon = (promise: Promise<unknown>): Promise<string> =>
  Promise.race([promise.then(() => 'told'), new Promise<string>((resolve) => setTimeout(resolve, 50, 'waits'))]);

t.test('a full pipe that is read', async (t) => {
  const writer = openHolder(path);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  t.equal(await soon(writable(writer)), 'told', 'an empty one can be written to at once');
  for (let round = 0; round < 3; round += 1) {
    fill(writer);
    const wait = writable(writer);
    t.equal(await soon(wait), 'waits');
    readSync(reader, Buffer.alloc(65536), 0, 65536, null);
    t.equal(await soon(wait), 'told');
  }
  fill(writer);
  const given = writable(writer);
  t.equal(await soon(given), 'waits');
  wakeWriter(writer);
  t.equal(await soon(given), 'told', 'whoever closes it ends the wait');
  wakeWriter(writer);
  for (const fd of [writer, reader]) closeSync(fd);
});

t.test('a pipe that loses its reader', async (t) => {
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  fill(writer);
  const wait = writable(writer);
  t.equal(await soon(wait), 'waits');
  closeSync(reader);
  t.equal(await soon(wait), 'told', 'a write would fail');
  closeSync(writer);
});
