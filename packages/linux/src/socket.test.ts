/** A listening socket for a child, and a descriptor that crosses a socket. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { receiveDescriptors, sendDescriptors } from './descriptor-message.ts';
import { acceptUnix, connectUnix, listenUnix, peerUid } from './socket.ts';

const directory = mkdtempSync(join(tmpdir(), 'drydock-socket-'));
t.teardown(() => rmSync(directory, { recursive: true }));

t.test('a descriptor crosses', async (t) => {
  const path = join(directory, 's');
  const listener = listenUnix(path);
  t.equal(statSync(path).mode & 0o777, 0o600);
  const client = connectUnix(path);
  const server = acceptUnix(listener);
  t.equal(peerUid(server), process.getuid?.());
  writeFileSync(join(directory, 'file'), 'content');
  const file = openSync(join(directory, 'file'), 'r');
  sendDescriptors(client, Buffer.from('/dev/ptmx'), [file]);
  const { data, descriptors } = receiveDescriptors(server);
  t.equal(data.toString(), '/dev/ptmx');
  t.equal(descriptors.length, 1);
  t.equal(readFileSync(descriptors[0] ?? -1, 'utf8'), 'content');
  for (const fd of [listener, client, server, file, ...descriptors]) closeSync(fd);
});

t.test('a path that is too long is refused by name', async (t) => {
  t.throws(() => listenUnix(join(directory, 'x'.repeat(120))), /longer than 107 bytes/);
});
