/** Attach and exec on bare sockets, as dockerode, docker-py and the CLI use them. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { busyboxArchive, missingPeers, startEngine, type TestEngine } from './test-engine.ts';

const skip = missingPeers();
const upgrade = 'Connection: Upgrade\r\nUpgrade: tcp\r\n';
const raw = 'Content-Type: application/vnd.docker.raw-stream';
const upgraded = `HTTP/1.1 101 UPGRADED\r\n${raw}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`;

t.test('hijacked connections', { skip: skip ?? false, timeout: 120_000 }, async (t) => {
  const engine = await startEngine();
  t.teardown(() => engine.stop());
  await engine.docker('load', '-q', '-i', await busyboxArchive(engine.directory));
  await engine.docker(
    'run',
    '-d',
    '--network',
    'none',
    '--name',
    'loop',
    'busybox',
    'sh',
    '-c',
    'echo start; sleep 1000',
  );
  await engine.docker('run', '-d', '-i', '--network', 'none', '--name', 'cat', 'busybox', 'cat');
  await engine.docker('run', '-d', '--network', 'none', '--name', 'held', 'busybox', 'sleep', '1000');
  await engine.docker('pause', 'held');
  const attach = (name: string, query: string, more = '', after = ''): string =>
    `POST /v1.41/containers/${name}/attach?${query} HTTP/1.1\r\nHost: x\r\n${more}\r\n${after}`;

  for (const [name, request, answer] of [
    ['logs without an upgrade', attach('loop', 'logs=1&stdout=1&stderr=1'), `HTTP/1.1 200 OK\r\n${raw}\r\n\r\n${framed('start\n')}<end>`],
    ['input in the packet of the request', attach('cat', 'stream=1&stdin=1&stdout=1', upgrade, 'one\n'), `${upgraded}${framed('one\n')}`],
    ['input behind a body', attach('cat', 'stream=1&stdin=1&stdout=1', `${upgrade}Content-Length: 2\r\n`, '{}two\n'), `${upgraded}${framed('two\n')}`],
    ['an unknown container', attach('nosuch', 'stream=1&stdout=1', upgrade), `HTTP/1.1 404 Not Found\r\n${raw}\r\n\r\nNo such container: nosuch\r\n<end>`],
    ['wrong detach keys', attach('loop', 'stream=1&stdout=1&detachKeys=bogus-x', upgrade), `HTTP/1.1 400 Bad Request\r\n${raw}\r\n\r\nInvalid detach keys (bogus-x) provided\r\n<end>`],
    ['a paused container', attach('held', 'stream=1&stdout=1', upgrade), `HTTP/1.1 409 Conflict\r\n${raw}\r\n\r\ncontainer held is paused, unpause the container before attach\r\n<end>`],
  ] as const) // biome-ignore format: a table
    await t.test(`attach: ${name}`, async (t) => t.equal(await talk(engine, request), answer));

  await t.test('a newer client hears of the framing', async (t) => {
    t.match(
      await talk(engine, attach('loop', 'logs=1&stdout=1', upgrade).replace('v1.41', 'v1.42')),
      /Content-Type: application\/vnd\.docker\.multiplexed-stream/,
    );
    t.match(
      await talk(engine, 'GET /v1.44/containers/loop/logs?stdout=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
      /multiplexed-stream/,
    );
  });

  for (const withUpgrade of [true, false]) {
    const how = withUpgrade ? 'with' : 'without';
    await t.test(`exec ${how} an upgrade`, async (t) => {
      const output = await exec(engine, { Cmd: ['sh', '-c', 'echo o; sleep 0.1; echo e >&2; exit 5'] }, withUpgrade);
      t.match(output.text, withUpgrade ? /^HTTP\/1\.1 101 UPGRADED\r\n/ : /^HTTP\/1\.1 200 OK\r\n/);
      t.ok(output.text.endsWith(`\r\n\r\n${framed('o\n')}${framed('e\n', 2)}<end>`), output.text);
      t.match(JSON.parse((await engine.http('GET', `/exec/${output.id}/json`)).body), { Running: false, ExitCode: 5 });
      const input = await exec(engine, { Cmd: ['cat'], AttachStdin: true }, withUpgrade, 'typed\n');
      t.ok(input.text.endsWith(`\r\n\r\n${framed('typed\n')}<end>`), input.text);
      const missing = await exec(engine, { Cmd: ['nosuch'] }, withUpgrade);
      t.match(
        missing.text,
        /OCI runtime exec failed: .*"nosuch": executable file not found in \$PATH: unknown\r\n<end>$/,
      );
      t.match(JSON.parse((await engine.http('GET', `/exec/${missing.id}/json`)).body), {
        Running: false,
        ExitCode: 126,
      });
    });
  }

  await t.test('an exec runs once, and detached', async (t) => {
    const id = await createExec(engine, { Cmd: ['true'] });
    t.match(await engine.http('POST', `/exec/${id}/start`, '{"Detach":true}', { 'content-type': 'application/json' }), {
      status: 200,
      body: '',
    });
    await sleep(300);
    t.match(await engine.http('POST', `/exec/${id}/start`, '{"Detach":true}', { 'content-type': 'application/json' }), {
      status: 409,
      body: /has already run/,
    });
  });

  await t.test('two requests on one connection', async (t) => {
    const ping = (last: boolean): string =>
      `GET /_ping HTTP/1.1\r\nHost: x\r\n${last ? 'Connection: close\r\n' : ''}\r\n`;
    t.equal((await talk(engine, ping(false) + ping(true))).match(/HTTP\/1\.1 200 OK/g)?.length, 2);
  });
});

function framed(text: string, stream = 1): string {
  return `${String.fromCharCode(stream)}\0\0\0\0\0\0${String.fromCharCode(text.length)}${text}`;
}

async function createExec(engine: TestEngine, body: object): Promise<string> {
  const answer = await engine.http(
    'POST',
    '/containers/loop/exec',
    JSON.stringify({ AttachStdout: true, AttachStderr: true, ...body }),
    { 'content-type': 'application/json' },
  );
  return JSON.parse(answer.body).Id;
}

/** Runs an exec; `input` follows the request's body in the same packet, and is the end of it. */
async function exec(
  engine: TestEngine,
  body: object,
  withUpgrade: boolean,
  input?: string,
): Promise<{ id: string; text: string }> {
  const id = await createExec(engine, body);
  const start = '{"Detach":false}';
  const headers = `Host: x\r\n${withUpgrade ? upgrade : ''}Content-Type: application/json\r\nContent-Length: ${start.length}\r\n`;
  return {
    id,
    text: await talk(
      engine,
      `POST /v1.41/exec/${id}/start HTTP/1.1\r\n${headers}\r\n${start}${input ?? ''}`,
      input !== undefined,
    ),
  };
}

/** Sends bytes and answers what comes back within a second, `<end>` included; with `half`, the client's side is closed. */
function talk({ socket: path }: TestEngine, request: string, half = false): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ path, allowHalfOpen: true });
    let text = '';
    const done = (end: string): void => {
      socket.destroy();
      resolve(text + end);
    };
    socket.setEncoding('latin1').on('data', (chunk) => (text += chunk));
    socket.once('end', () => done('<end>'));
    socket.write(request);
    if (half) socket.end();
    setTimeout(() => done(''), 1500);
  });
}
