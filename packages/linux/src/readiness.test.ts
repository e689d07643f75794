import { closeSync, mkdtempSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { mkfifo, openHolder } from './fifo.ts';
import { Readiness } from './readiness.ts';

t.test('tells once when a pipe has data, and never after it was forgotten', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-readiness-'));
  const pipe = (name: string): number => {
    mkfifo(join(directory, name));
    return openHolder(join(directory, name));
  };
  const [first, second] = [pipe('first'), pipe('second')];
  const readiness = new Readiness();
  t.teardown(() => {
    readiness.close();
    for (const fd of [first, second]) closeSync(fd);
    rmSync(directory, { recursive: true });
  });
  const told: string[] = [];
  const wait = (fd: number, name: string): Promise<void> =>
    new Promise((resolve) =>
      readiness.once(fd, () => {
        told.push(name);
        resolve();
      }),
    );
  const both = [wait(first, 'first'), wait(second, 'second')];
  writeSync(second, 'x');
  await both[1];
  writeSync(second, 'y');
  writeSync(first, 'z');
  await both[0];
  t.same(told, ['second', 'first'], 'the second is not told again');
  // What is there already counts.
  await wait(first, 'again');
  readSync(first, Buffer.alloc(1));
  void wait(first, 'forgotten');
  readiness.forget(first);
  writeSync(first, 'w');
  await sleep(20);
  t.same(told, ['second', 'first', 'again']);
});
