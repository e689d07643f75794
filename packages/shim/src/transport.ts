/** Unix sockets through Bun's own sockets: they hold a megabyte less than `node:net`, in every shim. */
import { type TtrpcConnection, ttrpcOver } from '@drydock/rpc/ttrpc-calls';
import type { ByteReceiver } from '@drydock/rpc/ttrpc-handler';
import { type Peer, type Protocols, recognise } from './protocol.ts';

/** The part of Bun's socket API that is used here. https://bun.com/docs/api/tcp */
interface BunSocket {
  data: Attached;
  /** Answers how many bytes were taken; the rest must wait for `drain`. -1 on a closed socket. */
  write(data: Uint8Array): number;
  end(): void;
}

interface Attached {
  receiver?: ByteReceiver;
  readonly queue: Waiting[];
}

interface Waiting {
  data: Uint8Array;
  readonly taken: (() => void) | undefined;
}

interface BunHandlers {
  open(socket: BunSocket): void;
  data(socket: BunSocket, chunk: Buffer): void;
  drain(socket: BunSocket): void;
  close(socket: BunSocket): void;
  error(socket: BunSocket, error: Error): void;
  connectError?(socket: BunSocket, error: Error): void;
}

declare const Bun: {
  listen(options: { fd?: number; unix?: string; socket: BunHandlers }): unknown;
  connect(options: { unix: string; data: Attached; socket: BunHandlers }): Promise<BunSocket>;
};

/** What the server tells of its connections. */
export interface Presence {
  /** Somebody has connected. */
  opened(): void;
  /** Something has been received. */
  received(): void;
  /** Nobody has been connected for {@link idleTimeout}. */
  idle(): void;
  /** Milliseconds. */
  readonly idleTimeout: number;
}

/** Serves on a path, or on a listening descriptor. */
export function serve(
  listener: string | { readonly fd: number },
  protocols: Protocols,
  { opened: tellOpened, received, idle, idleTimeout }: Presence,
): void {
  let open = 0;
  let timer = setTimeout(idle, idleTimeout);
  const socket = handlers((opened) => {
    open += 1;
    clearTimeout(timer);
    tellOpened();
    const receiver = recognise(peerOf(opened), protocols);
    return {
      data: (chunk) => {
        received();
        receiver.data(chunk);
      },
      closed: () => {
        receiver.closed();
        open -= 1;
        if (open === 0) timer = setTimeout(idle, idleTimeout);
      },
    };
  });
  Bun.listen({ ...(typeof listener === 'string' ? { unix: listener } : listener), socket });
}

/** Connects to a path. Rejects if nobody listens. */
export async function connect(path: string): Promise<TtrpcConnection> {
  const result = Promise.withResolvers<TtrpcConnection>();
  const socket = handlers((opened) => {
    const { connection, receiver } = ttrpcOver(peerOf(opened));
    result.resolve(connection);
    return receiver;
  });
  await Bun.connect({ unix: path, data: { queue: [] }, socket });
  return result.promise;
}

function handlers(attach: (socket: BunSocket) => ByteReceiver): BunHandlers {
  return {
    open: (socket) => {
      socket.data = { queue: [], receiver: attach(socket) };
    },
    data: (socket, chunk) => socket.data.receiver?.data(chunk),
    drain: flush,
    close: (socket) => socket.data?.receiver?.closed(),
    error: (socket) => socket.end(),
  };
}

function peerOf(socket: BunSocket): Peer {
  return {
    write: (data, taken) => {
      socket.data.queue.push({ data, taken });
      flush(socket);
    },
    close: () => socket.end(),
  };
}

/** Writes what the kernel takes; the rest goes when it asks for more. */
function flush(socket: BunSocket): void {
  const { queue } = socket.data;
  for (let [next] = queue; next !== undefined; [next] = queue) {
    const size = socket.write(next.data);
    if (size < next.data.length) {
      if (size > 0) next.data = next.data.subarray(size);
      return;
    }
    queue.shift();
    next.taken?.();
  }
}
