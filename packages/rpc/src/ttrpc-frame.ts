/**
 * ttrpc's frame: a 10-byte header and a payload.
 *
 *   ┌────────────────┬────────────────┬──────┬───────┬─────────────┐
 *   │ u32 BE length  │ u32 BE stream  │ type │ flags │ payload …   │
 *   └────────────────┴────────────────┴──────┴───────┴─────────────┘
 *
 * https://github.com/containerd/ttrpc/blob/main/PROTOCOL.md
 */

export const headerSize = 10;
/** Largest payload, in bytes. */
export const maxPayload = 4 * 1024 * 1024;
export const frameType = { request: 1, response: 2 } as const;

export interface Frame {
  readonly stream: number;
  readonly type: number;
  readonly payload: Uint8Array;
  /** The payload was larger than {@link maxPayload} and has been dropped. */
  readonly oversize: boolean;
}

/** A frame's bytes. */
export function encodeFrame(stream: number, type: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headerSize + payload.length);
  frame.writeUInt32BE(payload.length, 0);
  frame.writeUInt32BE(stream, 4);
  frame[8] = type;
  frame[9] = 0;
  frame.set(payload, headerSize);
  return frame;
}

/** Cuts a stream of bytes into frames: call the result with each chunk, it calls back with each whole frame. */
export function frameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  let discard = 0;
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      const dropped = Math.min(discard, pending.length);
      pending = pending.subarray(dropped);
      discard -= dropped;
      if (discard > 0 || pending.length < headerSize) return;
      const length = pending.readUInt32BE(0);
      const stream = pending.readUInt32BE(4);
      const type = pending[8] ?? 0;
      if (length > maxPayload) {
        pending = pending.subarray(headerSize);
        discard = length;
        onFrame({ stream, type, payload: new Uint8Array(0), oversize: true });
        continue;
      }
      if (pending.length < headerSize + length) return;
      const payload = pending.subarray(headerSize, headerSize + length);
      pending = pending.subarray(headerSize + length);
      onFrame({ stream, type, payload, oversize: false });
    }
  };
}
