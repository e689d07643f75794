/** Opens the sockets that the API is served on. */
import { chmodSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { badParameter, hasCode, messageOf, systemError } from '../errors.ts';
import { createListener } from './server.ts';

/** Listens on `unix://PATH` or `tcp://HOST:PORT`. A socket that nobody answers on is replaced, a live one is not. */
export async function listen(host: string, attach: (listener: Server) => void): Promise<Server> {
  const listener = createListener();
  attach(listener);
  const match = /^(unix|tcp):\/\/(.+)$/.exec(host);
  if (match === null) throw badParameter(`cannot listen on ${host}: only unix:// and tcp:// are served`);
  if (match[1] === 'tcp') await listenTcp(listener, match[2]!);
  else await listenUnix(listener, match[2]!);
  return listener;
}

async function listenUnix(listener: Server, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
  if (existsSync(path)) {
    if (!statSync(path).isSocket()) throw systemError(`cannot listen on ${path}: it is not a socket`);
    if (await answers(path)) throw systemError(`cannot listen on ${path}: another program serves it already`);
    rmSync(path);
  }
  await open(listener, path, { path });
  chmodSync(path, 0o660);
}

async function listenTcp(listener: Server, address: string): Promise<void> {
  const url = new URL(`tcp://${address}`);
  await open(listener, address, {
    host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: Number(url.port || 2375),
  });
}

function open(listener: Server, name: string, where: { path: string } | { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', (error) =>
      reject(systemError(`cannot listen on ${name}: ${messageOf(error)}`, { cause: error })),
    );
    listener.listen(where, resolve);
  });
}

/** Whether somebody accepts connections on a socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) =>
      hasCode(error, 'ECONNREFUSED') || hasCode(error, 'ENOENT') ? resolve(false) : reject(error),
    );
  });
}
