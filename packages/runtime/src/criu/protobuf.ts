/** As much of protobuf's encoding as criu's messages need: varints, strings, messages (protobuf.dev, "Encoding"). */

/** A message's fields by name. `again`: the field may come many times, and is an array. */
export interface Table {
  readonly [name: string]: readonly [number: number, kind: 'int' | 'bool' | 'string' | Table, again?: 'again'];
}

/** A message: what is undefined is left out. */
export interface Message {
  readonly [name: string]: Value | readonly Value[] | undefined;
}

type Value = number | boolean | string | Message;

const wire = { varint: 0, eightBytes: 1, bytes: 2, fourBytes: 5 };

export function encode(table: Table, message: Message): Buffer {
  const parts: Uint8Array[] = [];
  for (const [name, [number, kind]] of Object.entries(table)) {
    const value = message[name];
    for (const each of Array.isArray(value) ? value : value === undefined ? [] : [value])
      parts.push(encodeField(number, kind, each));
  }
  return Buffer.concat(parts);
}

function encodeField(number: number, kind: Table[string][1], value: Value): Uint8Array {
  if (kind === 'int' || kind === 'bool')
    return Buffer.concat([varint((number << 3) | wire.varint), varint(Number(value))]);
  const content = typeof kind === 'object' ? encode(kind, value as Message) : Buffer.from(value as string);
  return Buffer.concat([varint((number << 3) | wire.bytes), varint(content.length), content]);
}

/** A negative number takes ten bytes: those of its 64 bits. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

/** Decodes a message; fields that the table does not have are passed over. Throws if the bytes end too soon. */
export function decode(table: Table, bytes: Uint8Array): Message {
  const reader = new Reader(bytes);
  const fields = new Map(Object.entries(table).map(([name, field]) => [field[0], { name, field }]));
  const message: Record<string, Value | Value[]> = {};
  while (!reader.atEnd) {
    const key = Number(reader.varint());
    const known = fields.get(key >>> 3);
    const raw = reader.value(key & 7);
    if (known === undefined) continue;
    const { name, field } = known;
    const value = decodeValue(field[1], raw);
    if (field[2] === 'again') message[name] = [...((message[name] as Value[] | undefined) ?? []), value];
    else message[name] = value;
  }
  return message;
}

function decodeValue(kind: Table[string][1], raw: bigint | Uint8Array): Value {
  if (typeof raw === 'bigint') return kind === 'bool' ? raw !== 0n : Number(BigInt.asIntN(64, raw));
  return typeof kind === 'object' ? decode(kind, raw) : Buffer.from(raw).toString('utf8');
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#take(1)[0]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  value(type: number): bigint | Uint8Array {
    if (type === wire.varint) return this.varint();
    if (type === wire.bytes) return this.#take(Number(this.varint()));
    if (type === wire.eightBytes) return this.#take(8);
    if (type === wire.fourBytes) return this.#take(4);
    throw new Error(`unknown protobuf wire type ${type}`);
  }

  #take(count: number): Uint8Array {
    const taken = this.#bytes.subarray(this.#at, this.#at + count);
    if (taken.length < count) throw new Error('a protobuf message ends too soon');
    this.#at += count;
    return taken;
  }
}
