import { spawn, spawnSync } from 'node:child_process';
import { closeSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { receiveDescriptors } from '@drydock/linux/descriptor-message';
import { windowSize } from '@drydock/linux/pty';
import { acceptUnix, listenUnix } from '@drydock/linux/socket';
import t from 'tap';
import { Sandbox, unable } from './testing/sandbox.ts';

t.test('terminals', { skip: unable }, async (t) => {
  const sandbox = new Sandbox();
  t.teardown(() => sandbox.remove());
  const socket = join(sandbox.directory, 'console');
  /** Runs with a console socket; answers the master, and the name that came with it. */
  const withConsole = (args: (socket: string) => readonly string[]): { master: number; name: string } => {
    const listener = listenUnix(socket);
    const { code, stderr } = sandbox.run(args(socket));
    t.equal(code, 0, stderr);
    const connection = acceptUnix(listener);
    const { data, descriptors } = receiveDescriptors(connection);
    closeSync(connection);
    closeSync(listener);
    rmSync(socket);
    return { master: descriptors[0]!, name: data.toString() };
  };
  const script = 'tty; stty size; readlink /proc/self/fd/0; stat -c %F:%t /dev/console; read line; echo "got $line"';

  await t.test('create sends the master before it ends', async (t) => {
    const id = sandbox.id();
    const bundle = sandbox.script(script, (spec) => {
      spec.process.terminal = true;
      spec.process.consoleSize = { height: 33, width: 99 };
    });
    const { master, name } = withConsole((path) => ['create', '-b', bundle, '--console-socket', path, id]);
    t.equal(name, '/dev/ptmx');
    t.same(windowSize(master), { height: 33, width: 99 });
    sandbox.run(['start', id]);
    writeSync(master, 'hello\n');
    // The terminal's echo of what was typed comes at any time.
    const output = readAll(master).replace('hello\r\n', '');
    t.match(output, /\/dev\/pts\/0\r\n33 99\r\n\/dev\/pts\/0\r\ncharacter special file:88\r\n/);
    t.match(output, /got hello\r\n$/);
    sandbox.run(['delete', '--force', id]);
  });

  await t.test('exec has one too', async (t) => {
    const id = sandbox.id();
    sandbox.run(['run', '-d', '-b', sandbox.bundle((spec) => (spec.process.args = ['sleep', '100'])), id]);
    const { master } = withConsole((path) => [
      'exec',
      '-d',
      '-t',
      '--console-socket',
      path,
      id,
      'sh',
      '-c',
      'tty; exit 1',
    ]);
    t.equal(readAll(master), '/dev/pts/0\r\n');
    sandbox.run(['delete', '--force', id]);
  });

  await t.test('a /dev/ptmx that is something else is refused', async (t) => {
    const listener = listenUnix(socket);
    const bundle = sandbox.bundle((spec) => {
      spec.process.terminal = true;
      spec.mounts!.push({ destination: '/dev/pts/ptmx', type: 'bind', source: '/dev/zero', options: ['bind'] });
    });
    const { code, stderr } = sandbox.run(['create', '-b', bundle, '--console-socket', socket, sandbox.id()]);
    closeSync(listener);
    rmSync(socket);
    t.equal(code, 1);
    t.match(stderr, /\/dev\/ptmx is not a pseudoterminal multiplexer/);
  });

  await t.test('the console socket is needed, and needs a terminal', async (t) => {
    const terminal = sandbox.bundle((spec) => (spec.process.terminal = true));
    t.match(sandbox.run(['create', '-b', terminal, sandbox.id()]).stderr, /cannot allocate tty if runc will detach/);
    t.match(
      sandbox.run(['create', '-b', terminal, '--console-socket', '/nosuch', sandbox.id()]).stderr,
      /dial unix \/nosuch: connect: no such file or directory/,
    );
    t.match(
      sandbox.run(['create', '-b', sandbox.bundle(), '--console-socket', '/nosuch', sandbox.id()]).stderr,
      /cannot use console socket/,
    );
  });

  const noScript = spawnSync('script', ['--version']).status !== 0 && 'needs script(1)';
  await t.test('in the foreground the own terminal is copied', { skip: noScript }, async (t) => {
    const id = sandbox.id();
    const bundle = sandbox.script(
      'trap "exit 130" INT; tty; stty size; read line; echo "got $line"; while true; do sleep 1; done',
      (spec) => (spec.process.terminal = true),
    );
    const command = [...sandbox.command, '--root', sandbox.root, 'run', '-b', bundle, id].join(' ');
    const child = spawn('script', ['-qec', `stty rows 40 cols 90; ${command}`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let output = '';
    let typed = false;
    let interrupted = false;
    child.stdout.on('data', (data) => {
      output += data;
      if (/40 90/.test(output) && !typed) typed = child.stdin.write('typed\n');
      // Ctrl-C is for the container's terminal to interpret.
      if (/got typed/.test(output) && !interrupted) interrupted = child.stdin.write('\x03');
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    t.equal(code, 130);
    t.match(output, /\/dev\/pts\/0\r\n40 90\r\n(.*\r\n)*got typed\r\n/);
  });

  t.same(sandbox.leftovers(), []);
});

/** Reads until the last process that has the terminal is gone. */
function readAll(master: number): string {
  const buffer = Buffer.alloc(4096);
  let text = '';
  for (;;) {
    try {
      text += buffer.toString('utf8', 0, readSync(master, buffer));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error;
      closeSync(master);
      return text;
    }
  }
}
