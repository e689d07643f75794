import t from 'tap';
import { formatNanos, humanDuration, nowNanos, parseMoment, parseTimestamp, timestamp } from './clock.ts';

t.test('timestamps go there and back', async (t) => {
  t.equal(formatNanos(1795314416808048740n), '2026-11-22T02:26:56.80804874Z');
  t.equal(formatNanos(1795314416808048740n, { fixed: true }), '2026-11-22T02:26:56.808048740Z');
  t.equal(formatNanos(1795314416000000000n), '2026-11-22T02:26:56Z');
  t.equal(parseTimestamp('2026-11-22T02:26:56.80804874Z'), 1795314416808048740n);
  t.equal(parseTimestamp('2026-11-22T03:26:56+01:00'), 1795314416000000000n);
  t.equal(parseTimestamp('yesterday'), undefined);
  t.equal(parseTimestamp(timestamp())! / 1_000_000_000n, nowNanos() / 1_000_000_000n);
});

t.test('moments in queries', async (t) => {
  t.equal(parseMoment('1795314416'), 1795314416000000000n);
  t.equal(parseMoment('1795314416.5'), 1795314416500000000n);
  t.equal(parseMoment('2026-11-22T02:26:56Z'), 1795314416000000000n);
  t.equal(parseMoment('x'), undefined);
});

t.test('durations as docker ps shows them', async (t) => {
  const minute = 60_000;
  for (const [milliseconds, text] of [
    [500, 'Less than a second'],
    [1000, '1 second'],
    [59_000, '59 seconds'],
    [minute, 'About a minute'],
    [5 * minute, '5 minutes'],
    [60 * minute, 'About an hour'],
    [47 * 60 * minute, '47 hours'],
    [3 * 24 * 60 * minute, '3 days'],
    [20 * 24 * 60 * minute, '2 weeks'],
  ] as const)
    t.equal(humanDuration(milliseconds), text);
});
