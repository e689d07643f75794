/**
 * A shim that misbehaves: it stands between a supervisor and containerd's own shim, hands on every call but one, and does
 * with that one what the annotation `fake` of its container says: `hang Create`, `garbage Start`, `die Kill`, …; or with an
 * action: `hang start`, `garbage start`, `fail start`, `hang delete`, `garbage delete`, `fail delete`. Run as a program.
 *
 *   supervisor ─▶ this (unix socket beside the bundle) ─▶ containerd-shim-runc-v2
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Request } from '../../packages/rpc/src/generated/ttrpc.ts';
import { encodeFrame, frameReader } from '../../packages/rpc/src/ttrpc-frame.ts';

const real = '/usr/bin/containerd-shim-runc-v2';
const args = process.argv.slice(2);
const action = args.at(-1);
const [what = '', where = ''] = wish().split(' ');
const pidFile = 'fake.pids';

if (action === 'daemon') serve(args[0] ?? '', args[1] ?? '');
else if (where === action && what === 'hang') setInterval(() => {}, 1000);
else if (where === action && what === 'garbage') process.stdout.write('\xff\x01not what is asked for');
else if (where === action && what === 'fail') fail();
else if (action === 'start') start();
else if (action === 'delete') clean();

/** What the container's annotation asks for; nothing if there is no bundle. */
function wish(): string {
  const { annotations = {} } = JSON.parse(readFileSync('config.json', 'utf8'));
  // So that a test may have it behave again.
  return existsSync('behave') ? '' : (annotations.fake ?? '');
}

function fail(): void {
  process.stderr.write('on purpose');
  process.exitCode = 3;
}

function start(): void {
  const { stdout, stderr, status } = spawnSync(real, args, { stdio: ['inherit', 'pipe', 'pipe'] });
  if (status !== 0) {
    process.stdout.write(Buffer.concat([stdout, stderr]));
    process.exitCode = status ?? 1;
    return;
  }
  const socket = join(process.cwd(), 'fake.sock');
  const nothing = openSync('/dev/null', 'r+');
  const daemon = [import.meta.filename, stdout.toString().trim(), socket, 'daemon'];
  const child = spawn(process.execPath, daemon, { detached: true, stdio: [nothing, nothing, nothing] });
  child.unref();
  writeFileSync(pidFile, `${child.pid}`);
  while (!existsSync(socket)) spawnSync('sleep', ['0.01']);
  process.stdout.write(`unix://${socket}`);
}

/** Ends both daemons, as one that has died would be gone, and has the real shim clean up. */
function clean(): void {
  const realPid = spawnSync('pgrep', [
    '-f',
    `^${real} .*-id ${args[args.indexOf('-id') + 1]} -address ${args[args.indexOf('-address') + 1]}$`,
  ]);
  for (const pid of [readPid(), ...realPid.stdout.toString().split('\n').map(Number)]) {
    try {
      if (pid > 0) process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
  process.exitCode = spawnSync(real, args, { stdio: 'inherit' }).status ?? 1;
}

function readPid(): number {
  return existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
}

function serve(address: string, socket: string): void {
  const server = createServer((client) => {
    const shim = createConnection(address.replace('unix://', ''));
    const end = (): void => {
      client.destroy();
      shim.destroy();
    };
    for (const each of [client, shim]) each.on('error', end).on('close', end);
    shim.on('data', (data) => client.write(data));
    shim.on('close', () => process.exit(0));
    const read = frameReader(({ stream, type, payload }) => {
      const { method } = Request.decode(payload);
      if (method === where) misbehave(client, stream);
      else shim.write(encodeFrame(stream, type, payload));
    });
    client.on('data', read);
  });
  server.listen(socket);
  process.on('exit', () => rmSync(socket, { force: true }));
}

function misbehave(client: Socket, stream: number): void {
  if (what === 'die') process.exit(1);
  if (what === 'garbage') client.write(encodeFrame(stream, 2, Buffer.from([0xff, 0xff, 0xff, 0x07, 1, 2, 3])));
}
