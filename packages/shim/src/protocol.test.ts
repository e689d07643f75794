import { encodeFrame } from '@drydock/rpc/ttrpc-frame';
import t from 'tap';
import { type Peer, protocolOf, recognise } from './protocol.ts';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const request = encodeFrame(1, 1, Buffer.from('payload'));

/** Feeds chunks to a connection; tells who got what. */
async function feed(chunks: readonly Buffer[]): Promise<string[]> {
  const told: string[] = [];
  const attach = (name: string) => () => ({
    data: (chunk: Buffer) => told.push(`${name} ${chunk.toString('latin1')}`),
    closed: () => told.push(`${name} closed`),
  });
  const peer: Peer = { write: () => {}, close: () => told.push('close') };
  const { data, closed } = recognise(peer, { ttrpc: attach('ttrpc'), grpc: async () => attach('grpc') });
  for (const chunk of chunks) data(chunk);
  closed();
  await Promise.resolve();
  return told;
}

t.test('by its first bytes', async (t) => {
  t.equal(protocolOf(request), 'ttrpc');
  t.equal(protocolOf(preface), 'grpc');
  for (let length = 0; length < preface.length; length += 1)
    t.equal(protocolOf(preface.subarray(0, length)), undefined, `${length} bytes of the preface`);
  t.equal(protocolOf(request.subarray(0, 9)), undefined);
  t.equal(protocolOf(encodeFrame(1, 2, Buffer.alloc(0))), 'none', 'an answer, to nothing');
  t.equal(protocolOf(Buffer.from('PRI * HTTP/1.0\r\n\r\n')), 'none');
  t.equal(protocolOf(Buffer.from('GET / HTTP/1.1\r\n\r\n')), 'none');
});

t.test('no byte is lost, however they come', async (t) => {
  const bytes = (whole: Buffer) => Array.from(whole, (_, index) => whole.subarray(index, index + 1));
  const text = (whole: Buffer) => whole.toString('latin1');
  t.same(await feed([request, request]), [`ttrpc ${text(request)}`, `ttrpc ${text(request)}`, 'ttrpc closed']);
  t.equal((await feed(bytes(request))).join('').replaceAll('ttrpc ', ''), `${text(request)}closed`);
  t.same(await feed([preface, Buffer.from('more')]), [`grpc ${text(preface)}more`, 'grpc closed']);
  t.equal((await feed([...bytes(preface), Buffer.from('more')])).join(), `grpc ${text(preface)}more,grpc closed`);
  t.same(await feed([Buffer.from('GET / HTTP/1.1\r\n')]), ['close']);
  t.same(await feed([Buffer.from('PRI')]), [], 'one that says too little');
});
