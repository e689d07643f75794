import t from 'tap';
import { filters, flag, integer, matchesLabels, matchesPattern } from './query.ts';

t.test('booleans', async (t) => {
  for (const value of ['1', 'True', 'yes', 'x']) t.ok(flag({ a: value }, 'a'), value);
  for (const value of ['', '0', 'False', 'no', 'NONE']) t.notOk(flag({ a: value }, 'a'), value);
  t.ok(flag({}, 'a', true));
});

t.test('filters come as maps of maps and maps of lists', async (t) => {
  t.same(filters({ filters: '{"status":{"running":true,"paused":false}}' }, ['status']).get('status'), ['running']);
  t.same(filters({ filters: '{"status":["running"]}' }, ['status']).get('status'), ['running']);
  t.equal(filters({ filters: '' }, []).size, 0);
  t.throws(() => filters({ filters: '{"bogus":["x"]}' }, ['status']), { message: "Invalid filter 'bogus'" });
  t.throws(() => filters({ filters: '[' }, []), { message: 'invalid filters: [: not JSON' });
});

t.test('numbers, labels and patterns', async (t) => {
  t.equal(integer({ h: '33' }, 'h'), 33);
  t.throws(() => integer({ h: 'a' }, 'h'), { message: 'strconv.Atoi: parsing "a": invalid syntax' });
  t.ok(matchesLabels(['a', 'b=1'], { a: '', b: '1' }));
  t.notOk(matchesLabels(['b=2'], { b: '1' }));
  t.ok(matchesPattern(['^/we'], ['/web', 'web']));
  t.ok(matchesPattern(undefined, ['x']));
});
