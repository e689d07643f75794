import t from 'tap';
import { newId, shortId } from './ids.ts';

t.test('identifiers', async (t) => {
  const id = newId();
  t.match(id, /^[0-9a-f]{64}$/);
  t.equal(shortId(id), id.slice(0, 12));
  t.equal(shortId(`sha256:${id}`), id.slice(0, 12));
});
