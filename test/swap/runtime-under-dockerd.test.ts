/** The real dockerd, containerd and shim run containers with our runtime. */
import { join } from 'node:path';
import t from 'tap';
import { docker, leftovers } from '../support/run.ts';
import { bin, busyboxArchive, startReal } from '../support/stacks.ts';

const real = await startReal({ runtime: join(bin, 'drydock-runtime') });

t.test('docker run --runtime drydock', async (t) => {
  await docker(real, ['load', '-i', busyboxArchive()]);
  const flags = ['--runtime', 'drydock', '--network', 'none'];
  t.match(await docker(real, ['run', '--rm', ...flags, 'busybox', 'sh', '-c', 'echo hi; exit 3']), {
    code: 3,
    stdout: 'hi\n',
  });
  t.equal(
    (await docker(real, ['run', '-d', '--name', 'c1', ...flags, '-m', '64m', 'busybox', 'sleep', '1000'])).code,
    0,
  );
  t.match(await docker(real, ['exec', 'c1', 'sh', '-c', 'echo in; exit 4']), { code: 4, stdout: 'in\n' });
  t.equal((await docker(real, ['stop', '-t', '1', 'c1'])).code, 0);
  t.equal((await docker(real, ['inspect', '-f', '{{.State.ExitCode}}', 'c1'])).stdout, '137\n');
  t.equal((await docker(real, ['start', 'c1'])).code, 0);
  t.equal((await docker(real, ['rm', '-f', 'c1'])).code, 0);
  const missing = await docker(real, ['run', '--rm', ...flags, 'busybox', 'nosuch']);
  t.match(missing, { code: 127, stderr: /exec: "nosuch": executable file not found in \$PATH/ });
});

t.test('nothing is left', async (t) => {
  await real.stop();
  t.same(leftovers(real.directory), []);
});
