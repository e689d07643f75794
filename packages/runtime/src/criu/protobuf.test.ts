import t from 'tap';
import { requestTable, responseTable } from './messages.ts';
import { decode, encode, type Table } from './protobuf.ts';

const inner = { name: [1, 'string'], list: [2, 'int', 'again'] } as const satisfies Table;
const table = { flag: [1, 'bool'], number: [3, 'int'], inner: [16, inner, 'again'] } as const satisfies Table;

t.test('bytes as protobuf has them', async (t) => {
  t.equal(encode(table, { flag: true, number: 300 }).toString('hex'), '080118ac02');
  t.equal(encode(table, { number: -1 }).toString('hex'), '18ffffffffffffffffff01');
  t.equal(encode(table, { inner: [{ name: 'ü', list: [1, 2] }] }).toString('hex'), '8201080a02c3bc10011002');
});

t.test('there and back', async (t) => {
  const message = { flag: false, number: -5, inner: [{ name: '', list: [0, 1] }, { name: 'x' }] };
  t.same(decode(table, encode(table, message)), message);
  t.same(decode(responseTable, Buffer.from('080a100152080803101118013001', 'hex')), {
    type: 10,
    success: true,
    version: { major: 3, minor: 17 },
  });
});

t.test('what is unknown is passed over, what is cut short is refused', async (t) => {
  t.same(decode(inner, Buffer.from('1a0161' + '2500000000' + '2900000000000000000a0179', 'hex')), { name: 'y' });
  t.throws(() => decode(inner, Buffer.from('0a05', 'hex')), /ends too soon/);
  t.throws(() => decode(inner, Buffer.from('0b', 'hex')), /unknown protobuf wire type 3/);
});

t.test('no field number is used twice', async (t) => {
  const check = (name: string, message: Table) => {
    const numbers = Object.values(message).map(([number]) => number);
    t.equal(new Set(numbers).size, numbers.length, name);
    for (const [field, [, kind]] of Object.entries(message)) if (typeof kind === 'object') check(field, kind);
  };
  check('request', requestTable);
  check('response', responseTable);
});
