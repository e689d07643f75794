/** An engine that is killed and started again finds its containers, their output and their ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { busyboxArchive, missingPeers, startEngine } from './test-engine.ts';

const skip = missingPeers();

t.test('kill -9', { skip: skip ?? false, timeout: 120_000 }, async (t) => {
  const engine = await startEngine();
  t.teardown(() => engine.stop());
  await engine.docker('load', '-q', '-i', await busyboxArchive(engine.directory));
  const run = (name: string, script: string, ...flags: string[]) =>
    engine.docker('run', '-d', '--network', 'none', '--name', name, ...flags, 'busybox', 'sh', '-c', script);
  await Promise.all([
    run('counts', 'i=0; while :; do i=$((i+1)); echo line $i; sleep 0.02; done'),
    run('ends', 'sleep 2; exit 42'),
    run('reads', 'while read a; do echo got $a; done', '-i'),
    run('always', 'sleep 1.5', '--restart', 'always'),
    run('removed', 'sleep 1.5', '--rm'),
    engine.docker('create', '--network', 'none', '--name', 'waits', 'busybox', 'true'),
  ]);
  await engine.docker('pause', 'reads');
  await engine.docker('exec', '-d', 'counts', 'sh', '-c', 'sleep 1; exit 9');
  await engine.killAndRestart(() => sleep(2500));

  t.match(await engine.docker('ps', '-a', '--format', '{{.Names}} {{.Status}}'), {
    stdout:
      /^(?=[\s\S]*counts Up)(?=[\s\S]*ends Exited \(42\))(?=[\s\S]*reads Up .*\(Paused\))(?=[\s\S]*waits Created)(?![\s\S]*removed)/,
  });
  const lines = (await engine.docker('logs', 'counts')).stdout.trim().split('\n');
  t.ok(lines.length > 60, `${lines.length} lines`);
  t.same(
    lines,
    lines.map((_, index) => `line ${index + 1}`),
    'no line is missing or doubled',
  );
  t.equal((await engine.docker('exec', 'counts', 'echo', 'works')).stdout, 'works\n');
  await engine.docker('unpause', 'reads');
  t.equal(
    (await engine.shell('(echo hello; sleep 0.5) | timeout -s KILL 2 docker attach --sig-proxy=false reads')).stdout,
    'got hello\n',
  );
  const before = (await engine.docker('logs', 'counts')).stdout.length;
  await sleep(300);
  t.ok((await engine.docker('logs', 'counts')).stdout.length > before, 'the log grows');
  t.match((await engine.docker('inspect', '-f', '{{.State.Status}}', 'always')).stdout, /running|restarting/);
  t.equal((await engine.docker('start', '-a', 'waits')).code, 0);
  t.equal((await engine.docker('stop', '-t', '0', 'counts')).code, 0);
});

t.test('stopped with SIGTERM, containers stop too', { skip: skip ?? false, timeout: 60_000 }, async (t) => {
  const engine = await startEngine();
  await engine.docker('load', '-q', '-i', await busyboxArchive(engine.directory));
  await engine.docker(
    'run',
    '-d',
    '--network',
    'none',
    '--name',
    'nice',
    'busybox',
    'sh',
    '-c',
    'trap "exit 0" TERM; while :; do sleep 0.1; done',
  );
  const [pid, id] = (await engine.docker('inspect', '-f', '{{.State.Pid}} {{.Id}}', 'nice')).stdout.trim().split(' ');
  await engine.shell(
    `kill $(cat ${engine.directory}/run/engine.pid); for i in $(seq 100); do [ -e ${engine.directory}/run/engine.pid ] || break; sleep 0.1; done`,
  );
  t.equal((await engine.shell(`ls -d /proc/${pid} 2>/dev/null`)).stdout, '');
  const left = await engine.shell(
    `ctr -a ${engine.containerd} -n moby tasks ls -q; ls -d /sys/fs/cgroup/*/docker/${id} 2>/dev/null`,
  );
  t.equal(left.stdout, '', 'no task and no cgroup is left');
  await engine.stop();
});
