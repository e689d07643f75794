import t from 'tap';
import { parseSignal } from './signals.ts';

t.test('signals', async (t) => {
  for (const [text, number] of [
    ['TERM', 15],
    ['sigkill', 9],
    ['9', 9],
    ['HUP', 1],
    ['RTMIN+3', 37],
    ['SIGRTMAX-1', 63],
  ] as const)
    t.equal(parseSignal(text), number);
  for (const text of ['NOPE', '0', '65', '', 'RTMAX+1', '-9'])
    t.throws(() => parseSignal(text), { message: `Invalid signal: ${text}` });
});
