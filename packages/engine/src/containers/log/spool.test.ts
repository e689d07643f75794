/** A log whose engine is killed at each of its writes: no line is lost, none is there twice. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkfifo, openHolder } from '@drydock/linux/fifo';
import t from 'tap';
import { JsonFileLog } from './json-file.ts';

const rotation = { maxSize: 4000, maxFiles: 9 };
const failed = (error: unknown): never => {
  throw error;
};

/** What a killed engine does: opens the log and takes what its pipe holds, in two goes. */
const program = (directory: string): string => `
  import { openHolder } from '${import.meta.resolve('@drydock/linux/fifo')}';
  import { JsonFileLog } from '${import.meta.resolve('./json-file.ts')}';
  import { writeSync } from 'node:fs';
  const spools = '${directory}';
  const log = new JsonFileLog({ path: spools + '/log', spools, ...${JSON.stringify(rotation)}, failed: (e) => { throw e; } });
  const pipe = openHolder(spools + '/fifo');
  while (log.take('stdout', pipe) !== undefined);
  writeSync(pipe, 'end of line 100\\nline 101\\n');
  while (log.take('stdout', pipe) !== undefined);
  process.reallyExit(0);
`;

t.test(
  'kill at every write',
  { skip: existsSync('/usr/bin/strace') ? false : 'strace is not installed' },
  async (t) => {
    const lines = [...Array.from({ length: 100 }, (_, index) => `line ${index}\n`), 'unfinished ... end of line 100\n'];
    for (const call of ['write', 'pwrite64', 'ftruncate', 'splice', 'rename'])
      for (let when = 1, killed = true; killed; when++) {
        const directory = mkdtempSync(join(tmpdir(), 'drydock-spool-'));
        mkfifo(join(directory, 'fifo'));
        const pipe = openHolder(join(directory, 'fifo'));
        writeSync(pipe, `${lines.slice(0, 100).join('')}unfinished ... `);

        killed = runKilled(directory, `${call}:signal=KILL:when=${when}`);

        const log = new JsonFileLog({ path: join(directory, 'log'), spools: directory, ...rotation, failed });
        while (log.take('stdout', pipe) !== undefined);
        log.finish();
        const written = entriesBelow(directory);
        // The program itself was the writer of the last lines: killed before that, it has not written them.
        const complete = written.includes('line 101\n');
        t.ok(complete || killed);
        t.same(
          written,
          complete ? [...lines, 'line 101\n'] : [...lines.slice(0, 100), 'unfinished ... '],
          killed ? `killed at ${call} ${when}` : 'not killed',
        );
        closeSync(pipe);
        rmSync(directory, { recursive: true });
      }
  },
);

/** Whether the kill met the program; else it has ended well. */
function runKilled(directory: string, inject: string): boolean {
  const touched = ['log', 'stdout.spool', 'fifo'].flatMap((file) => ['-P', join(directory, file)]);
  const node = [process.execPath, '--input-type=module', '-e', program(directory)];
  const options = { cwd: import.meta.dirname, encoding: 'utf8' } as const;
  const traced = ['-f', '-qq', '-o', '/dev/null', ...touched, '-e', `inject=${inject}`, ...node];
  const { signal, status, stderr } = spawnSync('strace', traced, options);
  if (signal === null && status !== 0) throw new Error(`the program failed: ${stderr}`);
  return signal === 'SIGKILL';
}

function entriesBelow(directory: string): string[] {
  const rotated = Array.from({ length: 9 }, (_, index) => join(directory, `log.${9 - index}`)).filter(existsSync);
  const texts = [...rotated, join(directory, 'log')].map((path) => readFileSync(path, 'utf8').trim());
  return texts.flatMap((text) => text.split('\n')).map((entry) => JSON.parse(entry).log as string);
}

t.test('a spool does not grow with the log', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-spool-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, 'spools'));
  const path = join(directory, 'log');
  const log = new JsonFileLog({ path, spools: join(directory, 'spools'), maxSize: 0, maxFiles: 1, failed });
  const fifo = join(directory, 'fifo');
  mkfifo(fifo);
  const pipe = openHolder(fifo);
  const line = `${'x'.repeat(2000)}\n`;
  // Each piece ends within a line, so there is always something left.
  const text = line.repeat(2000);
  for (let sent = 0; sent < text.length; sent += 50_000) {
    writeSync(pipe, text.slice(sent, sent + 50_000));
    while (log.take('stdout', pipe) !== undefined);
    const { length } = readFileSync(join(directory, 'spools', 'stdout.spool'));
    if (length > 1_200_000) t.fail(`the spool has ${length} bytes`);
  }
  log.finish();
  closeSync(pipe);
  const entries = readFileSync(path, 'utf8').trim().split('\n');
  t.equal(entries.length, 2000);
  t.ok(entries.every((entry) => JSON.parse(entry).log === line));
});
