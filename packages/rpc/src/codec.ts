/** Turns messages into protobuf bytes and back, by the tables that `scripts/generate` makes from protos/. */
import protobuf from 'protobufjs/minimal.js';

/** A scalar's protobuf type. Enums travel as int32. */
export type Scalar = 'string' | 'bytes' | 'bool' | 'double' | 'float' | 'int32' | 'uint32' | 'int64' | 'uint64';

/** One field: number, name, type (a function for a message, so that tables may refer to each other), multiplicity. */
export type Field = readonly [
  id: number,
  name: string,
  type: Scalar | (() => Codec<unknown>),
  kind?: 'repeated' | 'map',
];

/** What may be given where a message is asked for: any field may be left out. */
export type Input<T> = T extends Uint8Array
  ? T
  : T extends readonly (infer U)[]
    ? readonly Input<U>[]
    : T extends object
      ? { readonly [K in keyof T]?: Input<T[K]> | undefined }
      : T;

/** Encodes and decodes one message type. */
export interface Codec<T> {
  /** The message's full name, such as `containerd.types.Mount`; it is an Any's type url. */
  readonly typeName: string;
  readonly fields: readonly Field[];
  encode(value: Input<T>): Uint8Array;
  /** The same in pieces, to be sent one after the other: large bytes are not copied, so they may not change meanwhile. */
  encodeParts(value: Input<T>): Uint8Array[];
  /** Decodes a message; absent fields get proto3's defaults. Throws RangeError on truncated input. */
  decode(bytes: Uint8Array): T;
}

type Message = Record<string, unknown>;
/** So many bytes are a piece of their own. */
const largeSize = 1 << 16;
type Writer = protobuf.Writer;
type Reader = protobuf.Reader;

/** Makes the codec of a message from its table of fields. */
export function message<T>(typeName: string, fields: readonly Field[]): Codec<T> {
  const byId = new Map(fields.map((field) => [field[0], field]));
  const bytes = fields.filter(([, , type, kind]) => type === 'bytes' && kind === undefined);
  const encode = (value: Input<T>): Uint8Array =>
    encodeInto(protobuf.Writer.create(), fields, value as Message).finish();
  return {
    typeName,
    fields,
    encode,
    encodeParts: (value) => {
      const large = bytes.filter(([, name]) => ((value as Message)[name] as Uint8Array)?.length >= largeSize);
      return large.length === 0 ? [encode(value)] : encodeParts(fields, value as Message, large);
    },
    decode: (bytes) => decodeFrom(protobuf.Reader.create(bytes), bytes.length, fields, byId) as T,
  };
}

/** A codec for messages of which each goes to many: it is encoded once. None may change after its encoding. */
export function encodingOnce<T>(codec: Codec<T>): Codec<T> {
  const known = new WeakMap<object, Uint8Array[]>();
  return {
    ...codec,
    encodeParts: (value) => {
      const parts = known.get(value as object) ?? codec.encodeParts(value);
      known.set(value as object, parts);
      return parts;
    },
  };
}

const wireTypes: Record<Scalar, number> = {
  string: 2,
  bytes: 2,
  bool: 0,
  double: 1,
  float: 5,
  int32: 0,
  uint32: 0,
  int64: 0,
  uint64: 0,
};

function encodeInto(writer: Writer, fields: readonly Field[], value: Message): Writer {
  for (const [id, name, type, kind] of fields) {
    const item = value[name];
    if (item === undefined || item === null) continue;
    if (kind === 'map') {
      for (const [key, entry] of Object.entries(item)) {
        writer.uint32((id << 3) | 2).fork();
        writer.uint32((1 << 3) | 2).string(key);
        writeValue(writer, 2, type, entry);
        writer.ldelim();
      }
    } else if (kind === 'repeated') {
      const list = item as readonly unknown[];
      if (typeof type === 'string' && wireTypes[type] !== 2) {
        if (list.length === 0) continue;
        writer.uint32((id << 3) | 2).fork();
        for (const entry of list) writeScalar(writer, type, entry);
        writer.ldelim();
      } else for (const entry of list) writeValue(writer, id, type, entry);
    } else if (!isDefault(item)) writeValue(writer, id, type, item);
  }
  return writer;
}

/** Pieces: the other fields, then each large one behind its tag and length; the order of fields means nothing. */
function encodeParts(fields: readonly Field[], value: Message, large: readonly Field[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const absent = Object.fromEntries(large.map(([, name]) => [name, undefined]));
  let writer = encodeInto(protobuf.Writer.create(), fields, { ...value, ...absent });
  for (const [id, name] of large) {
    const bytes = value[name] as Uint8Array;
    parts.push(
      writer
        .uint32((id << 3) | wireTypes.bytes)
        .uint32(bytes.length)
        .finish(),
      bytes,
    );
    writer = protobuf.Writer.create();
  }
  return parts;
}

function isDefault(item: unknown): boolean {
  return item === '' || item === 0 || item === false || (item instanceof Uint8Array && item.length === 0);
}

function writeValue(writer: Writer, id: number, type: Field[2], value: unknown): void {
  if (typeof type === 'function') {
    writer.uint32((id << 3) | 2).fork();
    encodeInto(writer, type().fields, value as Message).ldelim();
  } else writeScalar(writer.uint32((id << 3) | wireTypes[type]), type, value);
}

function writeScalar(writer: Writer, type: Scalar, value: unknown): void {
  (writer[type] as (value: unknown) => Writer).call(writer, value);
}

function decodeFrom(reader: Reader, length: number, fields: readonly Field[], byId: Map<number, Field>): Message {
  const value: Message = {};
  for (const [, name, type, kind] of fields) value[name] = defaultOf(type, kind);
  const end = reader.pos + length;
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = byId.get(tag >>> 3);
    if (field === undefined) {
      reader.skipType(tag & 7);
      continue;
    }
    const [, name, type, kind] = field;
    if (kind === 'map') readEntry(reader, type, value[name] as Message);
    else if (kind === 'repeated') readElements(reader, type, tag & 7, value[name] as unknown[]);
    else value[name] = readValue(reader, type);
  }
  return value;
}

function defaultOf(type: Field[2], kind: Field[3]): unknown {
  if (kind === 'map') return {};
  if (kind === 'repeated') return [];
  if (typeof type === 'function') return undefined;
  if (type === 'string') return '';
  if (type === 'bytes') return new Uint8Array(0);
  return type === 'bool' ? false : 0;
}

function readElements(reader: Reader, type: Field[2], wireType: number, list: unknown[]): void {
  if (wireType === 2 && typeof type === 'string' && wireTypes[type] !== 2) {
    const end = reader.uint32() + reader.pos;
    while (reader.pos < end) list.push(readValue(reader, type));
  } else list.push(readValue(reader, type));
}

function readEntry(reader: Reader, type: Field[2], map: Message): void {
  const end = reader.uint32() + reader.pos;
  let key = '';
  let entry = defaultOf(type, undefined);
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = reader.string();
    else if (tag >>> 3 === 2) entry = readValue(reader, type);
    else reader.skipType(tag & 7);
  }
  map[key] = entry;
}

function readValue(reader: Reader, type: Field[2]): unknown {
  if (typeof type === 'function') {
    const codec = type();
    return codec.decode(reader.bytes());
  }
  if (type === 'int64' || type === 'uint64') return Number(reader[type]());
  return reader[type]();
}

/** A message with proto3's defaults in the fields that were left out: what decoding its encoding gives. */
export function complete<T>({ fields }: Codec<T>, value: object): T {
  const message: Message = {};
  for (const [, name, type, kind] of fields) {
    const item = (value as Message)[name] ?? defaultOf(type, kind);
    const one = (entry: unknown): unknown => (typeof type === 'function' ? complete(type(), entry as object) : entry);
    if (item === undefined || typeof type !== 'function') message[name] = item;
    else if (kind === 'repeated') message[name] = (item as unknown[]).map(one);
    else if (kind === 'map')
      message[name] = Object.fromEntries(Object.entries(item as Message).map(([key, entry]) => [key, one(entry)]));
    else message[name] = one(item);
  }
  return message as T;
}
