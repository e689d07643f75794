/** Answers in Go's manner: JSON with a newline and HTML-safe escapes, streams whose headers leave at once. */
import type { FastifyReply } from 'fastify';

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** JSON as Go's encoder writes it. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => escapes[character]!);
}

/** Answers a JSON document. */
export function sendJson(reply: FastifyReply, value: unknown, status = 200): FastifyReply {
  // A Buffer, since fastify appends a charset to the type of a string.
  return reply
    .status(status)
    .header('content-type', 'application/json')
    .send(Buffer.from(`${goJson(value)}\n`));
}

/** Answers a status without a body. */
export function sendEmpty(reply: FastifyReply, status: number): FastifyReply {
  return reply.status(status).send();
}

/** A body that is written over time. */
export interface BodyStream {
  /** Resolves when the client can take more. Rejects never: a client that left is seen in `signal`. */
  write(data: string | Uint8Array): Promise<void>;
  end(): void;
  /** Cuts the answer off: the client sees that it is not complete. */
  abort(): void;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** Starts an answer of unknown length: the headers are sent before this returns. */
export function startStream(
  reply: FastifyReply,
  contentType: string | undefined,
  headers: Record<string, string> = {},
): BodyStream {
  reply.hijack();
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
  if (contentType !== undefined) raw.setHeader('content-type', contentType);
  for (const [name, value] of Object.entries(headers)) raw.setHeader(name, value);
  raw.writeHead(200);
  raw.flushHeaders();
  const gone = new AbortController();
  raw.on('close', () => gone.abort());
  raw.on('error', () => gone.abort());
  return {
    signal: gone.signal,
    end: () => void raw.end(),
    abort: () => void raw.destroy(),
    write: (data) =>
      new Promise((resolve) => {
        if (gone.signal.aborted || raw.write(data)) return resolve();
        const done = (): void => {
          raw.off('drain', done);
          gone.signal.removeEventListener('abort', done);
          resolve();
        };
        raw.once('drain', done);
        gone.signal.addEventListener('abort', done, { once: true });
      }),
  };
}
