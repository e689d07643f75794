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

t.test('none of many that become ready at once is lost', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-readiness-'));
  const readiness = new Readiness();
  const pipes = Array.from({ length: 40 }, (_, index) => {
    mkfifo(join(directory, String(index)));
    return openHolder(join(directory, String(index)));
  });
  t.teardown(() => {
    readiness.close();
    for (const fd of pipes) closeSync(fd);
    rmSync(directory, { recursive: true });
  });
  const rounds = 200;
  let told = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const fd of pipes) {
    let left = rounds;
    const again = (): void => {
      told += 1;
      readSync(fd, Buffer.alloc(1));
      left -= 1;
      if (left > 0) {
        writeSync(fd, 'x');
        readiness.once(fd, again);
      } else if (told === rounds * pipes.length) resolve();
    };
    readiness.once(fd, again);
    writeSync(fd, 'x');
  }
  await promise;
  t.equal(told, rounds * pipes.length);
});

t.test('a closed one calls nobody back and refuses nothing', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-'));
  mkfifo(join(directory, 'fifo'));
  const fd = openHolder(join(directory, 'fifo'));
  t.teardown(() => {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  });
  const readiness = new Readiness();
  readiness.once(fd, () => t.fail('called back'));
  readiness.close();
  readiness.once(fd, () => t.fail('called back'));
  readiness.forget(fd);
  writeSync(fd, 'x');
  setImmediate(() => t.end());
});
