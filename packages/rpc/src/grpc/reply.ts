/** The answer to one call: messages, then a status. Whatever comes after the status is dropped. */
import type { ServerHttp2Stream } from 'node:http2';
import { errorCodes, type RpcError } from '../errors.ts';

const headers = { ':status': 200, 'content-type': 'application/grpc' } as const;

export class Reply {
  readonly #stream: ServerHttp2Stream;
  #trailers: Record<string, string> = { 'grpc-status': '0' };
  #isStarted = false;
  #isEnded = false;
  #isCorked = false;
  #code: number = errorCodes.cancelled;

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
    // A client that resets a stream wants no answer; its handler hears of it by its signal.
    stream.on('error', () => undefined);
  }

  /** Whether the status is on its way. */
  get isComplete(): boolean {
    return this.#isEnded;
  }

  /** The gRPC status that was sent; `cancelled` if the client left before. */
  get code(): number {
    return this.#code;
  }

  /** Sends a message, given in pieces; resolves when the client can take another. */
  async send(message: readonly Uint8Array[]): Promise<void> {
    if (this.#isEnded || this.#stream.destroyed) return;
    this.#start();
    if (this.#write(message)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#stream.off('drain', done).off('close', done);
        resolve();
      };
      this.#stream.on('drain', done).on('close', done);
    });
  }

  /** Ends the call well, with a last message if there is one. */
  end(message: readonly Uint8Array[] = []): void {
    if (this.#isEnded || this.#stream.destroyed) return;
    this.#isEnded = true;
    this.#code = 0;
    this.#start();
    for (const piece of message.slice(0, -1)) this.#stream.write(piece);
    const last = message.at(-1);
    if (last === undefined) this.#stream.end();
    else this.#stream.end(last);
  }

  /** Ends the call with an error. */
  fail({ code, message }: RpcError): void {
    if (this.#isEnded || this.#stream.destroyed) return;
    this.#isEnded = true;
    this.#code = code;
    const status = { 'grpc-status': String(code), 'grpc-message': encodeText(message) };
    if (this.#isStarted) {
      this.#trailers = status;
      this.#stream.end();
    } else this.#stream.respond({ ...headers, ...status }, { endStream: true });
  }

  /** Writes pieces, together with what else is written before the event loop goes on; answers whether there is room for more. */
  #write(pieces: readonly Uint8Array[]): boolean {
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#stream.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        this.#stream.uncork();
      });
    }
    return pieces.map((piece) => this.#stream.write(piece)).at(-1) ?? true;
  }

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#stream.respond(headers, { waitForTrailers: true });
    this.#stream.on('wantTrailers', () => this.#stream.sendTrailers(this.#trailers));
  }
}

/** Text as a header may hold it: all but printable ASCII, and `%` itself, as `%` and two digits a byte. */
function encodeText(text: string): string {
  if (/^[ -$&-~]*$/.test(text)) return text;
  let encoded = '';
  for (const byte of Buffer.from(text)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
