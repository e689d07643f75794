/** Our engine on the real containerd: load, run, exec, logs, rm. */
import { rmSync } from 'node:fs';
import t from 'tap';
import { docker, leftovers } from '../support/run.ts';
import { busyboxArchive, makeDirectory, startContainerd, startOurs } from '../support/stacks.ts';

const directory = makeDirectory('ctd');
const { socket, stop } = await startContainerd(directory);
const ours = await startOurs({ containerd: socket });

t.test('a container on another supervisor', async (t) => {
  t.match(await docker(ours, ['load', '-i', busyboxArchive()]), { code: 0, stdout: /Loaded image: busybox:latest/ });
  t.match(await docker(ours, ['run', '--rm', 'busybox', 'sh', '-c', 'echo hi; exit 3']), { code: 3, stdout: 'hi\n' });
  t.equal(
    (await docker(ours, ['run', '-d', '--name', 'c1', 'busybox', 'sh', '-c', 'echo logged; exec sleep 100'])).code,
    0,
  );
  t.match(await docker(ours, ['exec', 'c1', 'sh', '-c', 'echo in; exit 4']), { code: 4, stdout: 'in\n' });
  t.equal((await docker(ours, ['logs', 'c1'])).stdout, 'logged\n');
  t.match((await docker(ours, ['version'])).stdout, /containerd:\n\s+Version:\s+v?1\.\d/);
  t.equal((await docker(ours, ['rm', '-f', 'c1'])).code, 0);
  t.equal((await docker(ours, ['ps', '-aq'])).stdout, '');
});

t.test('nothing is left', async (t) => {
  await ours.stop();
  await stop();
  t.same([...leftovers(directory), ...leftovers(ours.directory)], []);
  rmSync(directory, { recursive: true, force: true });
});
