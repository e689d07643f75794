/** Connects a client's socket with the streams of a container or exec, until either side ends. */
import type { Duplex } from 'node:stream';
import { DetachWatcher } from './detach-keys.ts';
import { drained } from './drained.ts';
import { frame } from './framing.ts';
import type { Output, OutputSink, Streams } from './streams.ts';

export interface AttachOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** A terminal's output is not framed, and its input is searched for the detach keys. */
  readonly terminal: boolean;
  /** The end of this client's input is the end of the process's. */
  readonly stdinOnce: boolean;
  readonly detachKeys: Buffer;
}

/** How an attachment ended. */
export type AttachEnd = 'process ended' | 'client left' | 'detached';

/** How much may wait in a socket before the process is held back. */
const highWater = 1024 * 1024;

/** Attaches a socket. `head` is input that arrived with the request. Resolves when the socket is done with. */
export function attachStreams(
  socket: Duplex,
  head: Buffer,
  streams: Streams,
  options: AttachOptions,
): Promise<AttachEnd> {
  const { promise, resolve } = Promise.withResolvers<AttachEnd>();
  const leaving: (() => void)[] = [];
  const finish = (end: AttachEnd): void => {
    for (const leave of leaving.splice(0)) leave();
    if (end === 'client left') socket.destroy();
    else socket.end();
    resolve(end);
  };
  let open = 0;
  const listen = (wanted: boolean, output: Output, name: 'stdout' | 'stderr'): void => {
    if (!wanted) return;
    open++;
    const sink: OutputSink = {
      write: (chunk) => send(socket, options.terminal ? chunk : frame(name, chunk)),
      end: () => {
        open--;
        if (open === 0) finish('process ended');
      },
    };
    leaving.push(output.subscribe(sink));
  };
  listen(options.stdout, streams.stdout, 'stdout');
  listen(options.stderr, streams.stderr, 'stderr');
  socket.once('close', () => finish('client left'));
  socket.once('error', () => finish('client left'));
  if (options.stdin) readInput(socket, head, streams, options, finish);
  else socket.resume();
  if (open === 0 && !options.stdin) finish('process ended');
  return promise;
}

function readInput(
  socket: Duplex,
  head: Buffer,
  streams: Streams,
  options: AttachOptions,
  finish: (end: AttachEnd) => void,
): void {
  const watcher = options.terminal ? new DetachWatcher(options.detachKeys) : undefined;
  const take = (chunk: Buffer): void => {
    const { pass, detached } = watcher?.take(chunk) ?? { pass: chunk, detached: false };
    const wait = pass.length > 0 ? streams.stdin.write(pass) : undefined;
    if (detached) finish('detached');
    else if (wait !== undefined) {
      socket.pause();
      void wait.then(() => socket.resume());
    }
  };
  if (head.length > 0) take(head);
  socket.on('data', take);
  // It was paused while the request was read.
  socket.resume();
  socket.once('end', () => {
    if (options.stdinOnce && !options.terminal) streams.stdin.end();
    // Input that others may still send stays open; this client is done.
    else finish('process ended');
  });
}

function send(socket: Duplex, data: Buffer): undefined | Promise<void> {
  if (socket.destroyed || socket.write(data) || socket.writableLength < highWater) return undefined;
  return drained(socket);
}
