/** `POST /exec/{id}/start`: detached with a plain answer, else on the connection itself. */

import { STATUS_CODES } from 'node:http';
import type { z } from 'zod';
import { containerEvent } from '../../containers/container-event.ts';
import { attachStreams } from '../../containers/stdio/attach-streams.ts';
import { parseDetachKeys } from '../../containers/stdio/detach-keys.ts';
import { frame } from '../../containers/stdio/framing.ts';
import type { Engine } from '../../engine.ts';
import { messageOf } from '../../errors.ts';
import type { Exec } from '../../execs/exec.ts';
import { claimExec, startExec } from '../../execs/start.ts';
import { apiVersion, serverHeader } from '../../version.ts';
import { parseJson, readBody } from '../body.ts';
import type { Endpoint } from '../context.ts';
import { takeInput } from '../early-input.ts';
import { errorBody, statusOf } from '../error-reply.ts';
import { type Hijacked, streamHeader, takeSocket } from '../hijack.ts';
import { goJson, sendEmpty } from '../reply.ts';
import { ExecStartBody } from '../schemas/exec.ts';

const headers = { 'Api-Version': apiVersion, 'Docker-Experimental': 'false', Ostype: 'linux', Server: serverHeader };

export const execStartEndpoint: Endpoint = {
  method: 'POST',
  path: '/exec/:name/start',
  job: 'exec_start',
  run: async ({ engine, name, version, headers: requestHeaders, body, reply }) => {
    const bytes = await readBody(body);
    const options = parseOptions(bytes, requestHeaders['content-type']);
    const exec = engine.execs.find(name);
    if (options.Detach) {
      takeInput(body.socket);
      const container = claimExec(engine, exec);
      await startExec(engine, container, exec, { withInput: false, consoleSize: options.ConsoleSize });
      return sendEmpty(reply, 200);
    }
    reply.hijack();
    const hijacked = { ...takeSocket(body), upgrade: false, version };
    return runAttached(engine, hijacked, exec, options.ConsoleSize);
  },
};

/** Serves the request on a connection that was upgraded. */
export async function startExecHijacked(
  engine: Engine,
  hijacked: Hijacked,
  id: string,
  body: Buffer,
  contentType: string | undefined,
): Promise<void> {
  const { socket } = hijacked;
  try {
    const options = parseOptions(body, contentType);
    const exec = engine.execs.find(id);
    if (options.Detach) {
      const container = claimExec(engine, exec);
      await startExec(engine, container, exec, { withInput: false, consoleSize: options.ConsoleSize });
      return void socket.end(plainAnswer(200, ''));
    }
    await engine.jobs.run('exec_start', [id], () => runAttached(engine, hijacked, exec, options.ConsoleSize));
  } catch (error) {
    socket.end(plainAnswer(statusOf(error), `${goJson(errorBody(error))}\n`));
  }
}

/** Runs an exec with the connection as its streams. From here on, errors are told as output. */
async function runAttached(
  engine: Engine,
  hijacked: Hijacked,
  exec: Exec,
  consoleSize: readonly number[] | null,
): Promise<void> {
  const { socket, head } = hijacked;
  const { record } = exec;
  const container = claimed(engine, exec);
  if (container instanceof Error) {
    socket.write(streamHeader(hijacked, { framed: !record.terminal, headers }));
    return void socket.end(output(record.terminal, `${container.message}\r\n`));
  }
  socket.write(streamHeader(hijacked, { framed: !record.terminal, headers }));
  const attached = attachStreams(socket, head, exec.streams, {
    stdin: record.attachStdin,
    stdout: record.attachStdout,
    stderr: record.attachStderr && !record.terminal,
    terminal: record.terminal,
    stdinOnce: true,
    detachKeys: parseDetachKeys(record.detachKeys),
  });
  try {
    await startExec(engine, container, exec, { withInput: record.attachStdin, consoleSize });
  } catch (error) {
    await exec.streams.stdout.write(Buffer.from(`${messageOf(error)}\r\n`));
    exec.streams.endRun();
  }
  if ((await attached) === 'detached') containerEvent(engine, container, 'exec_detach', { execID: exec.id });
}

/** Here a wrong body is the client's fault, also for Docker. */
function parseOptions(body: Buffer, contentType: string | undefined): z.output<typeof ExecStartBody> {
  return parseJson(body, { contentType, schema: ExecStartBody, blame: 'client' });
}

/** Takes the exec; a refusal is answered in the stream where the exec has run already. */
function claimed(engine: Engine, exec: Exec): ReturnType<typeof claimExec> | Error {
  try {
    return claimExec(engine, exec);
  } catch (error) {
    if (exec.record.status !== 'created' && error instanceof Error) return error;
    throw error;
  }
}

function output(terminal: boolean, text: string): Buffer {
  return terminal ? Buffer.from(text) : frame('stdout', Buffer.from(text));
}

function plainAnswer(status: number, body: string): string {
  const lines = Object.entries({
    ...headers,
    ...(body === '' ? {} : { 'Content-Type': 'application/json' }),
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  });
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}
