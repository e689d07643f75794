import t from 'tap';
import { parseGoDuration } from './go-duration.ts';

t.test('durations as Go reads them', async (t) => {
  const texts: readonly (readonly [text: string, milliseconds: number | undefined])[] = [
    ['5s', 5000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['.5s', 500],
    ['250ms', 250],
    ['-2s', -2000],
    ['0', 0],
    ['5', undefined],
    ['', undefined],
    ['1q', undefined],
    ['s', undefined],
  ];
  for (const [text, milliseconds] of texts) t.equal(parseGoDuration(text), milliseconds, text);
});
