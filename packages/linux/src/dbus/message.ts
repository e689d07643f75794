/** Messages of D-Bus: a fixed header, fields by number, the body (specification, "Message Format"). */
import { Reader, type Variant, Writer } from './wire.ts';

export const messageTypes = { call: 1, reply: 2, error: 3, signal: 4 } as const;

/** Header fields with their numbers and types. */
const fieldTypes = {
  path: [1, 'o'],
  interface: [2, 's'],
  member: [3, 's'],
  errorName: [4, 's'],
  replySerial: [5, 'u'],
  destination: [6, 's'],
  sender: [7, 's'],
  signature: [8, 'g'],
} as const;

export interface Message {
  readonly type: number;
  readonly serial: number;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly errorName?: string;
  readonly replySerial?: number;
  readonly destination?: string;
  readonly sender?: string;
  readonly signature?: string;
  readonly body: readonly unknown[];
}

const littleEndian = 'l'.charCodeAt(0);
const version = 1;
/** The least that tells how long a message is: the header up to the length of its fields. */
export const headerBytes = 16;

export function encodeMessage(message: Message): Buffer {
  const body = new Writer();
  if (message.signature) body.writeAll(message.signature, message.body);
  const fields = Object.entries(fieldTypes).flatMap(([name, [number, signature]]) => {
    const value = message[name as keyof typeof fieldTypes];
    return value === undefined ? [] : [[number, { signature, value } satisfies Variant]];
  });
  const header = new Writer();
  header.writeAll('yyyyuua(yv)', [littleEndian, message.type, 0, version, body.length, message.serial, fields]);
  header.align(8);
  return Buffer.concat([header.bytes(), body.bytes()]);
}

/** How many bytes a message has whose first {@link headerBytes} are these. */
export function messageLength(start: Buffer): number {
  if (start[0] !== littleEndian) throw new Error('D-Bus message in an unexpected byte order');
  return headerBytes + Math.ceil(start.readUInt32LE(12) / 8) * 8 + start.readUInt32LE(4);
}

export function decodeMessage(bytes: Buffer): Message {
  const header = new Reader(bytes);
  const [, type, , , length, serial, fields] = header.readAll('yyyyuua(yv)') as [
    ...[number, number, number, number, number, number],
    [number, Variant][],
  ];
  const named = Object.fromEntries(
    Object.entries(fieldTypes).flatMap(([name, [number]]) => {
      const field = fields.find(([each]) => each === number);
      return field ? [[name, field[1].value]] : [];
    }),
  ) as Partial<Message>;
  const body = bytes.subarray(bytes.length - length);
  return { ...named, type, serial, body: named.signature ? new Reader(body).readAll(named.signature) : [] };
}
