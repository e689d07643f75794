/**
 * Trace context: one `drydock run` is one trace through all programs. It travels as `traceparent` (W3C Trace Context) in
 * HTTP headers, gRPC and ttrpc metadata, and as the variable TRACEPARENT to the runtime.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** Version, trace id, span id, flags. https://www.w3.org/TR/trace-context/#traceparent-header */
const form = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

const storage = new AsyncLocalStorage<string>();

/** The traceparent of what runs now, if it belongs to a trace. */
export function currentTrace(): string | undefined {
  return storage.getStore();
}

/** The id that all spans of the current trace share: 32 hex digits. */
export function currentTraceId(): string | undefined {
  return storage.getStore()?.slice(3, 35);
}

/** Runs `action` as a new span: a child of `parent`, or the first of a new trace if that is absent or malformed. */
export function withTrace<T>(parent: string | undefined, action: () => T): T {
  return storage.run(childOf(parent), action);
}

/** A traceparent for a new span in the trace of `parent`, or in a new trace. */
export function childOf(parent: string | undefined): string {
  const match = form.exec(parent ?? '');
  const span = randomHex(8);
  return match ? `00-${match[1]}-${span}-${match[3]}` : `00-${randomHex(16)}-${span}-01`;
}

/** Random bytes that are not used yet: each call of the kernel brings those of some spans. */
let pool: Buffer = Buffer.alloc(0);
const poolSize = 240;

/** Random bytes as hex digits; `node:crypto` would cost each shim most of a megabyte. */
function randomHex(bytes: number): string {
  if (pool.length < bytes) pool = Buffer.from(crypto.getRandomValues(new Uint8Array(poolSize)).buffer);
  const taken = pool.toString('hex', 0, bytes);
  pool = pool.subarray(bytes);
  return taken;
}
