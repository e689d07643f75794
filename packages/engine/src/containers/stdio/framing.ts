/** The framing of attach and logs without a terminal: stream number, three zeros, length, payload. */

export const streamNumber = { stdin: 0, stdout: 1, stderr: 2, systemerr: 3 } as const;

/** A chunk of one stream as one frame. */
export function frame(stream: keyof typeof streamNumber, payload: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(8 + payload.length);
  framed.writeUInt32BE(streamNumber[stream] << 24, 0);
  framed.writeUInt32BE(payload.length, 4);
  framed.set(payload, 8);
  return framed;
}
