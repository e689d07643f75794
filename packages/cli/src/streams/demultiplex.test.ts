/** Frames that arrive whole, cut, and many at once. */
import { PassThrough, Readable } from 'node:stream';
import t from 'tap';
import { demultiplex } from './demultiplex.ts';

function frame(stream: number, text: string): Buffer {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(text.length, 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

t.test('frames', async (t) => {
  const all = Buffer.concat([frame(1, 'out '), frame(2, 'err'), frame(1, ''), frame(1, 'more')]);
  for (const step of [1, 3, 7, all.length]) {
    const chunks = Array.from({ length: Math.ceil(all.length / step) }, (_, index) =>
      all.subarray(index * step, (index + 1) * step),
    );
    const out = new PassThrough();
    const err = new PassThrough();
    await demultiplex(Readable.from(chunks), out, err);
    t.equal((await out.end().toArray()).join(''), 'out more', `in steps of ${step}`);
    t.equal((await err.end().toArray()).join(''), 'err');
  }
});
