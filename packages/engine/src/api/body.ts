/** Request bodies: JSON with Go's manners (case-insensitive names, unknown ones ignored), checked by a schema. */
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { badParameter, messageOf, systemError } from '../errors.ts';
import { goPlace } from './schemas/go-type.ts';

const limit = 4 * 1024 * 1024;

/** Reads a request's body whole; at most 4 MiB. */
export async function readBody(request: AsyncIterable<Buffer | string>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    const bytes = Buffer.from(part);
    size += bytes.length;
    if (size > limit) throw badParameter(`request body is larger than ${limit} bytes`);
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

/** Reads a JSON body and checks it. An empty body is an error unless the schema takes `undefined`. */
export async function readJson<S extends z.ZodType>(
  request: IncomingMessage,
  schema: S,
  blame: Blame,
): Promise<z.output<S>> {
  return parseJson(await readBody(request), { contentType: request.headers['content-type'], schema, blame });
}

/** Whose fault a malformed body is: most endpoints answer 400; Docker 20.10's older ones, `create` among them, 500. */
export type Blame = 'client' | 'server';

export interface ParseOptions<S extends z.ZodType> {
  readonly contentType: string | undefined;
  readonly schema: S;
  readonly blame: Blame;
}

/** Parses and checks a JSON body. */
export function parseJson<S extends z.ZodType>(
  body: Buffer,
  { contentType, schema, blame }: ParseOptions<S>,
): z.output<S> {
  const text = body.toString('utf8');
  if (text.trim() !== '' || contentType !== undefined) checkType(contentType, text);
  try {
    return check(text.trim() === '' ? undefined : parse(text), schema);
  } catch (error) {
    if (blame === 'server') throw error;
    throw badParameter(text.trim() === '' ? 'got EOF while reading request body' : messageOf(error));
  }
}

/** Checks a document. What is wrong is said as Go's decoder says it, with the field's name, and is a system error as there. */
export function check<S extends z.ZodType>(value: unknown, schema: S): z.output<S> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  if (value === undefined) throw systemError('EOF');
  const [issue] = result.error.issues;
  const { field, type } = goPlace(schema, issue?.path ?? []);
  throw systemError(
    `json: cannot unmarshal ${goKind(issue?.input)} into Go ${field === '' ? 'value' : `struct field ${field}`} of type ${type}`,
  );
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number' && !Number.isInteger(value)) return `number ${value}`;
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function checkType(contentType: string | undefined, text: string): void {
  const [type] = (contentType ?? '').split(';');
  if (type?.trim().toLowerCase() === 'application/json' || (contentType === undefined && text === '')) return;
  if (text.trim() === '') return;
  throw badParameter(`Content-Type specified (${contentType ?? ''}) must be 'application/json'`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw systemError(describeSyntax(text));
  }
}

/** What is wrong with a JSON text, in the words of Go's decoder for the commonest faults. */
function describeSyntax(text: string): string {
  const trimmed = text.trimStart();
  const first = trimmed[0] ?? '';
  if (!/[{["\-0-9tfn]/.test(first)) return `invalid character '${first}' looking for beginning of value`;
  const second = trimmed.slice(1).trimStart()[0];
  if (first === '{' && second === undefined) return 'unexpected EOF';
  if (first === '{' && second !== '"' && second !== '}')
    return `invalid character '${second}' looking for beginning of object key string`;
  try {
    JSON.parse(trimmed);
  } catch (error) {
    if (error instanceof Error && /end of JSON input|Unterminated/.test(error.message)) return 'unexpected EOF';
    return `invalid JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  return 'invalid JSON';
}
