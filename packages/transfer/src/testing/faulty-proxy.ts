/** A proxy in front of a registry, for tests: it breaks what passes in a way that can be chosen, and keeps a list of requests. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';

/**
 * What happens to blobs on their way:
 * `cut`: the connection breaks in the middle, once a blob; `truncated`: each time, at the same byte; `too many requests`,
 * `unavailable`: once a blob; `slow`: in small pieces; `stalled`: nothing comes after the first byte; `missing`: 404;
 * `cut upload`: the connection breaks in the middle of an upload, once a session.
 */
export type Fault =
  | 'none'
  | 'cut'
  | 'truncated'
  | 'too many requests'
  | 'unavailable'
  | 'always unavailable'
  | 'slow'
  | 'stalled'
  | 'wrong bytes'
  | 'missing'
  | 'cut upload';

export class FaultyProxy {
  readonly host: string;
  /** Requests in order: method, URL, range. */
  readonly log: string[] = [];
  /** Resolves when an answer stands still. */
  readonly stalled: Promise<void>;
  /** Resolves when the receiver of an answer that stands still has left. */
  readonly abandoned: Promise<void>;
  readonly #server: Server;
  readonly #upstream: string;
  readonly #done = new Set<string>();
  readonly #stall = Promise.withResolvers<void>();
  readonly #leave = Promise.withResolvers<void>();
  #fault: Fault = 'none';

  private constructor(server: Server, host: string, upstream: string) {
    this.#server = server;
    this.host = host;
    this.#upstream = upstream;
    this.stalled = this.#stall.promise;
    this.abandoned = this.#leave.promise;
  }

  /** Starts one on a port of loopback. */
  static start(upstream: string): Promise<FaultyProxy> {
    return new Promise((resolve) => {
      const server = createServer();
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { port: number };
        const proxy = new FaultyProxy(server, `127.0.0.1:${port}`, upstream);
        server.on('request', (incoming, answer) => proxy.#handle(incoming, answer));
        resolve(proxy);
      });
    });
  }

  /** Chooses the fault; each blob and upload meets it anew. */
  set fault(fault: Fault) {
    this.#fault = fault;
    this.#done.clear();
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #handle(incoming: IncomingMessage, answer: ServerResponse): void {
    const { method = '', url = '', headers } = incoming;
    this.log.push(`${method} ${url} ${headers.range ?? ''}`.trim());
    const isBlob = method === 'GET' && url.includes('/blobs/');
    if (isBlob && this.#refuse(url, answer)) return;
    if (
      this.#fault === 'cut upload' &&
      method === 'PUT' &&
      Number(headers['content-length']) > 1000 &&
      this.#first(url.replace(/\?.*/, ''))
    ) {
      this.#cutUpload(incoming);
      return;
    }
    const host = this.#upstream;
    const passed = request(`http://${host}${url}`, { method, headers: { ...headers, host } }, (response) => {
      const { location } = response.headers;
      const own = location === undefined ? {} : { location: location.replace(host, this.host) };
      answer.writeHead(response.statusCode ?? 500, { ...response.headers, ...own });
      if (isBlob) this.#sendBlob(url, response, answer);
      else response.pipe(answer);
    });
    passed.once('error', () => answer.destroy());
    incoming.pipe(passed);
  }

  #refuse(url: string, answer: ServerResponse): boolean {
    const refuse = (status: number, headers = {}): true => {
      answer.writeHead(status, headers).end();
      return true;
    };
    if (this.#fault === 'missing') return refuse(404);
    if (this.#fault === 'always unavailable') return refuse(503, { 'retry-after': '0' });
    if (this.#fault === 'unavailable' && this.#first(url)) return refuse(503);
    return this.#fault === 'too many requests' && this.#first(url) ? refuse(429, { 'retry-after': '0' }) : false;
  }

  #sendBlob(url: string, response: IncomingMessage, answer: ServerResponse): void {
    const whole = Number(response.headers['content-length']);
    const cutAt = this.#fault === 'truncated' ? 10 : Math.floor(whole / 2);
    const cuts = this.#fault === 'truncated' || (this.#fault === 'cut' && whole > 1000 && this.#first(url));
    let sent =
      this.#fault === 'truncated' ? Number(/bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1] ?? 0) : 0;
    response.on('data', (data: Buffer) => {
      const bytes = this.#fault === 'wrong bytes' ? Buffer.from(data.map((byte) => byte ^ 1)) : data;
      if (this.#fault === 'stalled') {
        answer.write(bytes.subarray(0, 1));
        response.destroy();
        this.#stall.resolve();
        answer.once('close', () => this.#leave.resolve());
        return;
      }
      if (cuts && sent + bytes.length > cutAt) {
        answer.write(bytes.subarray(0, Math.max(0, cutAt - sent)), () => answer.destroy());
        response.destroy();
        return;
      }
      sent += bytes.length;
      answer.write(bytes);
      if (this.#fault !== 'slow') return;
      response.pause();
      setTimeout(() => response.resume(), 5);
    });
    response.once('end', () => answer.end());
  }

  #cutUpload(incoming: IncomingMessage): void {
    const { method, url = '', headers } = incoming;
    const half = Math.floor(Number(headers['content-length']) / 2);
    const host = this.#upstream;
    const passed = request(`http://${host}${url}`, { method, headers: { ...headers, host } });
    passed.once('error', () => undefined);
    let sent = 0;
    incoming.on('data', (data: Buffer) => {
      if (sent >= half) return;
      passed.write(data.subarray(0, half - sent));
      sent += data.length;
      if (sent < half) return;
      passed.destroy();
      incoming.socket.destroy();
    });
  }

  #first(key: string): boolean {
    if (this.#done.has(key)) return false;
    this.#done.add(key);
    return true;
  }
}
