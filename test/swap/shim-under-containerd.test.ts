/** The real containerd runs containers with our shim, and our shim runs them with runc as well as with our runtime. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { commandLine, ctr, leftovers, run, until } from '../support/run.ts';
import { busyboxArchive, makeDirectory, startContainerd } from '../support/stacks.ts';

const directory = makeDirectory('swap');
const { socket: containerd, stop } = await startContainerd(directory);
const stack = { containerd };
const image = 'docker.io/library/busybox:latest';
const runtime = ['--runtime', 'io.containerd.drydock.v2'];

await ctr(stack, ['images', 'import', busyboxArchive()]);

t.test('run, its output and its status', async (t) => {
  const outcome = await ctr(stack, [
    'run',
    '--rm',
    ...runtime,
    image,
    'c1',
    'sh',
    '-c',
    'echo out; echo err >&2; exit 3',
  ]);
  t.match(outcome, { code: 3, stdout: 'out\n', stderr: 'err\n' });
});

t.test('a task from all sides', async (t) => {
  t.equal((await ctr(stack, ['run', '-d', ...runtime, image, 'c2', 'sleep', '100'])).code, 0);
  t.match((await ctr(stack, ['tasks', 'ls'])).stdout, /^c2 +\d+ +RUNNING/m);
  t.match(await ctr(stack, ['tasks', 'exec', '--exec-id', 'e1', 'c2', 'sh', '-c', 'echo in; exit 4']), {
    code: 4,
    stdout: 'in\n',
  });
  const cat = await ctr(stack, ['tasks', 'exec', '--exec-id', 'e2', 'c2', 'head', '-n', '1'], { input: 'through\n' });
  t.equal(cat.stdout, 'through\n');
  await ctr(stack, ['tasks', 'pause', 'c2']);
  t.match((await ctr(stack, ['tasks', 'ls'])).stdout, /PAUSED/);
  await ctr(stack, ['tasks', 'resume', 'c2']);
  t.match((await ctr(stack, ['tasks', 'metrics', 'c2'])).stdout, /memory\.usage_in_bytes|memory\.usage/);
  t.match((await ctr(stack, ['tasks', 'ps', 'c2'])).stdout, /^\d+ +-/m);
  await ctr(stack, ['tasks', 'rm', '-f', 'c2']);
  t.equal((await ctr(stack, ['containers', 'rm', 'c2'])).code, 0);
});

t.test('a program that is not there', async (t) => {
  const { code, stderr } = await ctr(stack, ['run', '--rm', ...runtime, image, 'c3', 'nosuch']);
  t.equal(code, 1);
  t.match(stderr, /OCI runtime create failed: .*exec: "nosuch": executable file not found in \$PATH: unknown/);
  t.equal((await ctr(stack, ['tasks', 'ls', '-q'])).stdout, '');
});

t.test('logging drivers, by either shim', async (t) => {
  const driver = join(directory, 'driver');
  const copy = 'cat <&3 >"$2.out" 5>&- & cat <&4 >"$2.err" 5>&- &';
  writeFileSync(driver, `#!/bin/sh\nenv >"$2.env"; ${copy}\nexec 5>&-; wait\n`, { mode: 0o755 });
  const logs: Record<string, string>[] = [];
  for (const [id, flags] of [
    ['ours', runtime],
    ['theirs', []],
  ] as const) {
    const file = join(directory, `log-${id}`);
    const uri = ['--log-uri', `binary://${driver}?file=${file}`];
    const command = ['sh', '-c', 'echo out; echo err >&2; exit 6'];
    t.equal((await ctr(stack, ['run', '-d', ...flags, ...uri, image, id, ...command])).code, 0);
    await until('it has ended', async () => (await ctr(stack, ['tasks', 'ls'])).stdout.includes('STOPPED'));
    await until('all is written', () => readFileSync(`${file}.err`, 'utf8') !== '');
    const read = (kind: string): string => readFileSync(`${file}.${kind}`, 'utf8').replaceAll(id, 'ID');
    logs.push({ out: read('out'), err: read('err'), env: read('env').replace(/^(PWD|OLDPWD|SHLVL|_)=.*\n/gm, '') });
    t.match(await ctr(stack, ['tasks', 'rm', id]), { code: 0, stderr: /exit code 6/ });
    await ctr(stack, ['containers', 'rm', id]);
  }
  t.same(logs[0], logs[1]);
  t.match(logs[0], { out: 'out\n', err: 'err\n', env: /CONTAINER_ID=ID\n/ });
  const missing = ['run', '-d', ...runtime, '--log-uri', 'binary:///no/such', image, 'none', 'true'];
  t.match(await ctr(stack, missing), { code: 1, stderr: /failed to start binary process: \/no\/such/ });
  await ctr(stack, ['containers', 'rm', 'none']);
});

t.test('a terminal', async (t) => {
  // ctr tells the size only after the start.
  const command = `ctr -a ${containerd} run --rm -t ${runtime.join(' ')} ${image} c4 sh -c 'test -t 0 && sleep 1 && stty size && exit 5'`;
  const { code, stdout } = await run('script', ['-qec', `stty rows 33 cols 99; ${command}`, '/dev/null']);
  t.equal(code, 5);
  t.match(stdout, /33 99/);
});

t.test('a shim that is killed: its container goes, and containerd says so', async (t) => {
  await ctr(stack, ['run', '-d', ...runtime, image, 'c5', 'sleep', '100']);
  const pid = /^c5 +(\d+)/m.exec((await ctr(stack, ['tasks', 'ls'])).stdout)?.[1] ?? '';
  const { stdout } = await run('ps', ['-o', 'ppid=', '-p', pid]);
  process.kill(Number(stdout), 'SIGKILL');
  await until('the process is gone', () => commandLine(pid) === '');
  await until(
    'the task is gone',
    async () => (await ctr(stack, ['tasks', 'ls'])).stdout.trim() === 'TASK    PID    STATUS',
  );
  t.equal((await ctr(stack, ['tasks', 'ls', '-q'])).stdout, '');
  await ctr(stack, ['containers', 'rm', 'c5']);
});

t.test('nothing is left', async (t) => {
  await stop();
  t.same(leftovers(directory), []);
  rmSync(directory, { recursive: true, force: true });
});
