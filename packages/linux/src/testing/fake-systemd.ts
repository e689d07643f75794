/**
 * A stand-in for systemd's manager, for tests where there is no systemd: it answers on the socket that its argument names, and
 * writes each call as a line of JSON to its standard output. A unit's processes are not moved anywhere.
 */
import { createServer, type Socket } from 'node:net';
import {
  decodeMessage,
  encodeMessage,
  headerBytes,
  type Message,
  messageLength,
  messageTypes,
} from '../dbus/message.ts';

const units = new Set<string>();
let jobs = 0;

createServer(serve).listen(process.argv[2]);

function serve(socket: Socket): void {
  let received = Buffer.alloc(0);
  let begun = false;
  socket.on('error', () => socket.destroy());
  socket.on('data', (data: Buffer) => {
    received = Buffer.concat([received, data]);
    if (!begun) {
      if (received.includes('AUTH EXTERNAL') && !received.includes('BEGIN')) socket.write('OK 0123\r\n');
      const end = received.indexOf('BEGIN\r\n');
      if (end < 0) return;
      begun = true;
      received = received.subarray(end + 7);
    }
    while (received.length >= headerBytes && received.length >= messageLength(received)) {
      const length = messageLength(received);
      answer(socket, decodeMessage(Buffer.from(received.subarray(0, length))));
      received = received.subarray(length);
    }
  });
}

function answer(socket: Socket, call: Message): void {
  const shown = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  process.stdout.write(`${JSON.stringify({ member: call.member, body: call.body }, shown)}\n`);
  const send = (message: Partial<Message> & { type: number }) =>
    socket.write(encodeMessage({ serial: 1, body: [], ...message } as Message));
  const unit = String(call.body[0] ?? '');
  const fail = (name: string) =>
    send({
      type: messageTypes.error,
      replySerial: call.serial,
      errorName: `org.freedesktop.systemd1.${name}`,
      signature: 's',
      body: [`${name}: ${unit}`],
    });
  const reply = (signature?: string, body: readonly unknown[] = []) =>
    send({ type: messageTypes.reply, replySerial: call.serial, ...(signature ? { signature } : {}), body });
  const finish = (result: string) => {
    const job = `/org/freedesktop/systemd1/job/${++jobs}`;
    // The signal may come before the reply that it belongs to.
    send({
      type: messageTypes.signal,
      path: '/org/freedesktop/systemd1',
      interface: 'org.freedesktop.systemd1.Manager',
      member: 'JobRemoved',
      signature: 'uoss',
      body: [jobs, job, unit, result],
    });
    reply('o', [job]);
  };
  if (call.member === 'StartTransientUnit') {
    if (units.has(unit)) fail('UnitExists');
    else {
      units.add(unit);
      finish(unit.startsWith('fails') ? 'failed' : 'done');
    }
  } else if (call.member === 'StopUnit') {
    if (units.delete(unit)) finish('done');
    else fail('NoSuchUnit');
  } else if (call.member === 'Get') reply('v', [{ signature: 's', value: '/user.slice/manager' }]);
  else {
    if (call.member === 'ResetFailedUnit') units.delete(unit);
    reply();
  }
}
