/** The real dockerd, containerd and shim run containers with our runtime. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { docker, leftovers, run } from '../support/run.ts';
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

t.test('each verb of a running container', async (t) => {
  const flags = ['--runtime', 'drydock', '--network', 'none', '-m', '64m'];
  t.equal((await docker(real, ['run', '-d', '--name', 'c2', ...flags, 'busybox', 'sleep', '1000'])).code, 0);
  const exec = `docker -H ${real.dockerHost} exec -it c2 sh -c 'test -t 0 && echo terminal; exit 7'`;
  t.match(await run('script', ['-qec', exec, '/dev/null']), { code: 7, stdout: 'terminal\r\n' });
  t.equal((await docker(real, ['pause', 'c2'])).code, 0);
  t.equal((await docker(real, ['inspect', '-f', '{{.State.Status}}', 'c2'])).stdout, 'paused\n');
  t.equal((await docker(real, ['unpause', 'c2'])).code, 0);
  t.equal((await docker(real, ['update', '-m', '32m', '--memory-swap', '32m', '--pids-limit', '17', 'c2'])).code, 0);
  const limits = 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max';
  const version1 = existsSync('/sys/fs/cgroup/memory');
  if (version1) t.equal((await docker(real, ['exec', 'c2', 'sh', '-c', limits])).stdout, '33554432\n17\n');
  t.match((await docker(real, ['stats', '--no-stream', '--format', '{{.MemUsage}}', 'c2'])).stdout, / \/ 32MiB/);
  t.match((await docker(real, ['top', 'c2'])).stdout, /sleep 1000/);
  t.equal((await docker(real, ['kill', 'c2'])).code, 0);
  t.equal((await docker(real, ['wait', 'c2'])).stdout, '137\n');
  const since = [
    'events',
    '--since',
    '1h',
    '--until',
    String(Date.now() / 1000),
    '--filter',
    'container=c2',
    '--format',
    '{{.Action}}',
  ];
  const actions = (await docker(real, since)).stdout.split('\n').filter((action) => !action.startsWith('exec'));
  t.same(actions, ['create', 'start', 'pause', 'unpause', 'update', 'top', 'kill', 'die', '']);
  t.equal((await docker(real, ['rm', 'c2'])).code, 0);
});

t.test('nothing is left', async (t) => {
  await real.stop();
  t.same(leftovers(real.directory), []);
});
