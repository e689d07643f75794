/**
 * Tells what a client speaks by the first bytes that it sends. A ttrpc client begins with a request, a gRPC client with
 * HTTP/2's preface (RFC 9113, 3.4); the connection of one that begins otherwise is ended.
 */
import { frameType, headerSize } from '@drydock/rpc/ttrpc-frame';
import type { ByteReceiver } from '@drydock/rpc/ttrpc-handler';

/** The sending side of a connection that was accepted. What is written after its end is dropped. */
export interface Peer {
  /** Sends; `taken` is called when the kernel has all of it. */
  write(data: Uint8Array, taken?: () => void): void;
  close(): void;
}

/** What serves a connection of each protocol. */
export interface Protocols {
  readonly ttrpc: (peer: Peer) => ByteReceiver;
  /** Asked for with each client that speaks it. */
  readonly grpc: () => Promise<(peer: Peer) => ByteReceiver>;
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** Where a ttrpc header has the type of its message. */
const typeOffset = 8;

/** Serves a connection as soon as its protocol is known. */
export function recognise(peer: Peer, protocols: Protocols): ByteReceiver {
  let head: Buffer = Buffer.alloc(0);
  let isClosed = false;
  let isLoading = false;
  let receiver: ByteReceiver | undefined;
  const serve = (attach: (peer: Peer) => ByteReceiver): void => {
    receiver = attach(peer);
    receiver.data(head);
    if (isClosed) receiver.closed();
  };
  return {
    data: (chunk) => {
      if (receiver !== undefined) return receiver.data(chunk);
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      if (isLoading) return;
      const protocol = protocolOf(head);
      if (protocol === 'ttrpc') serve(protocols.ttrpc);
      else if (protocol === 'grpc') {
        isLoading = true;
        protocols.grpc().then(serve, (error) => {
          peer.close();
          throw error;
        });
      } else if (protocol === 'none') peer.close();
    },
    closed: () => {
      isClosed = true;
      receiver?.closed();
    },
  };
}

/** The protocol that begins so; undefined if more bytes are needed to tell. */
export function protocolOf(head: Buffer): 'ttrpc' | 'grpc' | 'none' | undefined {
  const length = Math.min(head.length, preface.length);
  if (head.compare(preface, 0, length, 0, length) === 0) return length === preface.length ? 'grpc' : undefined;
  if (head.length < headerSize) return undefined;
  return head[typeOffset] === frameType.request ? 'ttrpc' : 'none';
}
