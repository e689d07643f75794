/** ttrpc on unix sockets through Bun's own sockets: they hold a megabyte less than `node:net`, in every shim. */
import type { Implementation } from '@drydock/rpc/service';
import { type TtrpcConnection, ttrpcOver } from '@drydock/rpc/ttrpc-calls';
import { type ByteReceiver, ttrpcHandler } from '@drydock/rpc/ttrpc-handler';

/** The part of Bun's socket API that is used here. https://bun.com/docs/api/tcp */
interface BunSocket {
  data: Attached;
  /** Answers how many bytes were taken; the rest must wait for `drain`. -1 on a closed socket. */
  write(data: Uint8Array): number;
  end(): void;
}

interface Attached {
  receiver?: ByteReceiver;
  readonly queue: Uint8Array[];
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
  implementations: readonly Implementation[],
  { opened: tellOpened, received, idle, idleTimeout }: Presence,
): void {
  const handle = ttrpcHandler(implementations);
  let open = 0;
  let timer = setTimeout(idle, idleTimeout);
  const socket = handlers((opened) => {
    open += 1;
    clearTimeout(timer);
    tellOpened();
    const receiver = handle({ write: (data) => send(opened, data) });
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
    const { connection, receiver } = ttrpcOver({ write: (data) => send(opened, data), close: () => opened.end() });
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

function send(socket: BunSocket, data: Uint8Array): void {
  socket.data.queue.push(data);
  flush(socket);
}

/** Writes what the kernel takes; the rest goes when it asks for more. */
function flush(socket: BunSocket): void {
  const { queue } = socket.data;
  for (let [next] = queue; next !== undefined; [next] = queue) {
    const taken = socket.write(next);
    if (taken < next.length) {
      if (taken > 0) queue[0] = next.subarray(taken);
      return;
    }
    queue.shift();
  }
}
