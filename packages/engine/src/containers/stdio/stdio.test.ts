import t from 'tap';
import { DetachWatcher, parseDetachKeys } from './detach-keys.ts';
import { frame } from './framing.ts';
import { Streams } from './streams.ts';

t.test('frames', async (t) => {
  t.same(frame('stderr', Buffer.from('hi\n')), Buffer.from([2, 0, 0, 0, 0, 0, 0, 3, 0x68, 0x69, 0x0a]));
});

t.test('detach keys', async (t) => {
  t.same(parseDetachKeys(''), Buffer.from([16, 17]));
  t.same(parseDetachKeys('ctrl-a,d,ctrl-]'), Buffer.from([1, 100, 29]));
  t.throws(() => parseDetachKeys('bogus-x'), { message: 'Invalid detach keys (bogus-x) provided' });
  const watcher = new DetachWatcher(parseDetachKeys(''));
  t.same(watcher.take(Buffer.from('a\x10b')), { pass: Buffer.from('a\x10b'), detached: false });
  t.same(watcher.take(Buffer.from('x\x10')), { pass: Buffer.from('x'), detached: false });
  t.same(watcher.take(Buffer.from('\x11rest')), { pass: Buffer.from(''), detached: true });
});

t.test('input waits for the process, output reaches all listeners', async (t) => {
  const streams = new Streams();
  const got: string[] = [];
  void streams.stdin.write(Buffer.from('early'));
  streams.stdin.end();
  streams.stdin.connect({ write: (chunk) => void got.push(String(chunk)), end: () => void got.push('end') });
  t.same(got, ['early', 'end']);
  const seen: string[] = [];
  const leave = streams.stdout.subscribe({
    write: (chunk) => void seen.push(`a${chunk}`),
    end: () => void seen.push('a.'),
  });
  streams.stdout.subscribe({ write: async (chunk) => void seen.push(`b${chunk}`), end: () => void seen.push('b.') });
  t.ok(streams.stdout.write(Buffer.from('1')) instanceof Promise);
  leave();
  streams.endRun();
  t.same(seen, ['a1', 'b1', 'b.']);
});
