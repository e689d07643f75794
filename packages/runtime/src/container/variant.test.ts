import t from 'tap';
import { parseVariant } from './variant.ts';

t.test('values of annotations', async (t) => {
  for (const [text, signature, value] of [
    ['true', 'b', true],
    ["'a text'", 's', 'a text'],
    ['"it\\"s"', 's', 'it"s'],
    ['5', 'i', 5],
    ['1.5', 'd', 1.5],
    ['uint64 5', 't', 5n],
    ['byte 7', 'y', 7],
    ["['a, b', 'c']", 'as', ['a, b', 'c']],
    ['[1, 2]', 'ai', [1, 2]],
    ['[]', 'as', []],
  ] as const)
    t.same(parseVariant(text), { signature, value }, text);
  for (const wrong of ['', 'x', 'uint65 1', '[1, true]', "'open"]) t.throws(() => parseVariant(wrong));
});
