import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { listening } from '../testing/listening.ts';
import { DbusConnection } from './connection.ts';
import { decodeMessage, encodeMessage, messageTypes } from './message.ts';
import { completeTypes, Reader, Writer } from './wire.ts';

t.test('signatures are rows of types', async (t) => {
  t.same(completeTypes('sa(sv)a{s(ub)}y'), ['s', 'a(sv)', 'a{s(ub)}', 'y']);
  t.throws(() => completeTypes('s!'), /no D-Bus signature/);
});

t.test('values are read as they were written, aligned as the specification has it', async (t) => {
  const signature = 'ysa(sv)a{sb}tixndgo';
  const values = [
    ...[7, 'text', [['a', { signature: 'au', value: [1, 2] }]], [['key', true]], 2n ** 63n, -5, -6n, -7, 1.5],
    ...['a(sv)', '/path'],
  ];
  const writer = new Writer();
  writer.writeAll(signature, values);
  t.same(new Reader(writer.bytes()).readAll(signature), values);
  const long = Array.from({ length: 500 }, (_, index) => [`name ${index}`, { signature: 't', value: BigInt(index) }]);
  const grown = new Writer();
  grown.write('a(sv)', long);
  t.same(new Reader(grown.bytes()).read('a(sv)'), long, 'however long they are');
  const aligned = new Writer();
  aligned.writeAll('yat', [1, [2n]]);
  t.equal(aligned.bytes().toString('hex'), '01000000080000000200000000000000');
});

t.test('a message is read as it was written', async (t) => {
  const message = {
    ...{ type: messageTypes.call, serial: 3, path: '/a', interface: 'b.c', member: 'D', destination: 'e.f' },
    ...{ signature: 'su', body: ['x', 4] },
  };
  t.same(decodeMessage(encodeMessage(message)), message);
});

t.test('the real bus', { skip: !existsSync('/usr/bin/dbus-daemon') && 'needs dbus-daemon (dbus)' }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-dbus-'));
  const socket = join(directory, 'bus');
  writeFileSync(
    join(directory, 'bus.conf'),
    `<busconfig><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>
     <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`,
  );
  const daemon = spawn('dbus-daemon', [`--config-file=${directory}/bus.conf`, '--nofork'], { stdio: 'ignore' });
  t.teardown(() => {
    daemon.kill();
    rmSync(directory, { recursive: true });
  });
  await listening(socket);
  const bus = DbusConnection.open(socket, { bus: true });
  const call = (member: string, signature?: string, body?: readonly unknown[]) =>
    bus.call({
      ...{
        destination: 'org.freedesktop.DBus',
        path: '/org/freedesktop/DBus',
        interface: 'org.freedesktop.DBus',
        member,
      },
      ...(signature && body ? { signature, body } : {}),
    });
  t.match(call('ListNames')[0], ['org.freedesktop.DBus']);
  t.same(call('RequestName', 'su', ['dev.drydock.Test', 0]), [1]);
  t.match(
    bus.signal(({ member }) => member === 'NameAcquired', 1000),
    { member: 'NameAcquired' },
  );
  t.equal(
    bus.signal(() => false, 50),
    undefined,
  );
  t.throws(() => call('NoSuchMethod'), { name: 'DbusError' });
  bus.close();
});
