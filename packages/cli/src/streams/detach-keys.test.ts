/** Sequences whole, in pieces, and broken off. */
import t from 'tap';
import { detachScanner, parseDetachKeys } from './detach-keys.ts';

t.test('parse', async (t) => {
  t.same(parseDetachKeys('ctrl-p,ctrl-q'), [16, 17]);
  t.same(parseDetachKeys('ctrl-@,x'), [0, 120]);
  t.throws(() => parseDetachKeys('bogus-x'), /invalid detach keys \(bogus-x\) provided/);
});

t.test('scan', async (t) => {
  const scan = detachScanner([16, 17]);
  t.same(scan(Buffer.from('a')), { data: Buffer.from('a'), detached: false });
  t.same(scan(Buffer.from([98, 16])), { data: Buffer.from('b'), detached: false });
  t.same(scan(Buffer.from('c')), { data: Buffer.from([16, 99]), detached: false }, 'the key was only a key');
  t.same(scan(Buffer.from([16])), { data: Buffer.alloc(0), detached: false });
  t.same(scan(Buffer.from([17, 100])), { data: Buffer.alloc(0), detached: true });
});
