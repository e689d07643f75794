import t from 'tap';
import { backoff } from './retry.ts';

t.test('the times between attempts grow, and have an end', async (t) => {
  const policy = { attempts: 9, firstDelay: 100, longestDelay: 1000 };
  const first = backoff(1, policy);
  t.ok(first >= 75 && first <= 125);
  t.ok(backoff(3, policy) >= 300);
  t.equal(backoff(9, policy), 1000);
});
