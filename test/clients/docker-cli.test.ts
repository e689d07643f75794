/** The stock docker client on our stack: what a person does first. */
import t from 'tap';
import { docker, leftovers, run, until } from '../support/run.ts';
import { busyboxArchive, startOurs } from '../support/stacks.ts';

const ours = await startOurs();
await docker(ours, ['load', '-i', busyboxArchive()]);

t.test('foreground', async (t) => {
  t.match(await docker(ours, ['run', '--rm', 'busybox', 'sh', '-c', 'echo hi; exit 3']), {
    code: 3,
    stdout: 'hi\n',
    stderr: '',
  });
  const piped = await docker(ours, ['run', '--rm', '-i', 'busybox', 'wc', '-c'], { input: 'x'.repeat(300_000) });
  t.match(piped, { code: 0, stdout: /^300000/ });
  const big = await docker(ours, [
    'run',
    '--rm',
    'busybox',
    'sh',
    '-c',
    'head -c 3000000 /dev/zero | tr "\\0" a; echo; echo e >&2',
  ]);
  t.equal(big.stdout.length, 3_000_001);
  t.equal(big.stderr, 'e\n');
});

t.test('a terminal has its size, and Ctrl-C ends what runs in it', async (t) => {
  // The client of 20.10 tells the size once the process runs.
  const inside =
    'until stty size 2>&1 | grep 33; do sleep 0.1; done; trap "echo caught; exit 7" INT; while sleep 0.1; do :; done';
  const command = `stty rows 33 cols 99; docker -H ${ours.dockerHost} run --rm -it busybox sh -c '${inside}'`;
  // The terminal's line discipline turns the byte 3 into SIGINT for the container's foreground process.
  const typed = `(sleep 2; printf '\\003') | script -qec "${command.replaceAll('"', '\\"')}" /dev/null`;
  const { code, stdout } = await run('bash', ['-c', typed]);
  t.match(stdout, /33 99/);
  t.match(stdout, /caught/);
  t.equal(code, 7);
});

t.test('the processes are as drawn: engine, supervisor, shim, process', async (t) => {
  await docker(ours, ['run', '-d', '--name', 'tree', 'busybox', 'sleep', '3600']);
  const { stdout } = await run('pstree', ['-aT', String(ours.pid)]);
  t.match(stdout, /drydockd.*\n +[`|]-drydock-super.*\n(.*\n)* +[`|]-containerd-shim.*\n[ |]+`-sleep 3600/);
  await docker(ours, ['rm', '-f', 'tree']);
});

t.test('nothing is left', async (t) => {
  await ours.stop();
  await until('everything is gone', () => leftovers(ours.directory).length === 0);
  t.same(leftovers(ours.directory), []);
});
