/** Pax records: what a tar header has no room for, as `<length> <key>=<value>\n` (POSIX pax, "Extended Header"). */
import { type Moment, xattrPrefix } from './tar-entry.ts';

/** Records by key; values are bytes, since that of an extended attribute may be anything. */
export type Records = ReadonlyMap<string, Buffer>;

const sparseMap = 'GNU.sparse.map';

/** Parses the records of one extended header. */
export function parseRecords(bytes: Buffer): Records {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString('latin1', at, space));
    const end = at + length;
    const equals = bytes.indexOf(0x3d, space);
    if (space === -1 || !Number.isSafeInteger(length) || end > bytes.length || equals === -1 || equals >= end)
      throw new Error('invalid pax record in tar header');
    const key = bytes.toString('utf8', space + 1, equals);
    const value = bytes.subarray(equals + 1, end - 1);
    // The only keys that are repeated: together they are a map, in the later form.
    const before = records.get(sparseMap);
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes')
      records.set(sparseMap, before === undefined ? value : Buffer.concat([before, Buffer.from(','), value]));
    else records.set(key, value);
    at = end;
  }
  return records;
}

/** One record as a byte string. */
export function recordText(records: Records, key: string): string | undefined {
  return records.get(key)?.toString('latin1');
}

/** The extended attributes among the records. */
export function xattrsOf(records: Records): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const [key, value] of records) if (key.startsWith(xattrPrefix)) found.set(key.slice(xattrPrefix.length), value);
  return found;
}

/** A moment of the form `-12.5`: seconds with any number of decimals. */
export function parseMoment(text: string | undefined): Moment | undefined {
  const match = /^(-?)(\d+)(?:\.(\d*))?$/.exec(text ?? '');
  if (match === null) return undefined;
  const seconds = Number(match[2]);
  const nanos = Number((match[3] ?? '').padEnd(9, '0').slice(0, 9));
  if (match[1] === '') return { seconds, nanos };
  return nanos === 0 ? { seconds: -seconds, nanos } : { seconds: -seconds - 1, nanos: 1_000_000_000 - nanos };
}

/** A moment as a record has it, without needless zeros. */
export function formatMoment({ seconds, nanos }: Moment): string {
  if (nanos === 0) return String(seconds);
  const negative = seconds < 0;
  const [whole, part] = negative ? [-(seconds + 1), 1_000_000_000 - nanos] : [seconds, nanos];
  return `${negative ? '-' : ''}${whole}.${String(part).padStart(9, '0').replace(/0+$/, '')}`;
}

/** One record's bytes. Its length counts itself. */
export function encodeRecord(key: string, value: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = body.length + 1;
  while (String(length).length + body.length !== length) length = String(length).length + body.length;
  return Buffer.concat([Buffer.from(String(length)), body]);
}
