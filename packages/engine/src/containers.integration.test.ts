/** Containers through the stock docker CLI, on real containerd. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  busyboxArchive,
  leftMounts,
  leftProcesses,
  missingPeers,
  startEngine,
  type TestEngine,
} from './test-engine.ts';

const skip = missingPeers();
const none = ['--network', 'none'] as const;

t.test('containers', { skip: skip ?? false, timeout: 300_000 }, async (t) => {
  const engine = await startEngine();
  t.teardown(() => engine.stop());
  t.match(await engine.docker('load', '-q', '-i', await busyboxArchive(engine.directory)), {
    code: 0,
    stdout: 'Loaded image: busybox:latest\n',
  });

  await t.test('output, errors and exit code', async (t) => {
    t.same(await engine.docker('run', '--rm', ...none, 'busybox', 'sh', '-c', 'echo hi; echo err >&2; exit 3'), {
      code: 3,
      stdout: 'hi\n',
      stderr: 'err\n',
    });
    t.equal((await engine.shell('printf piped | docker run --rm -i --network none busybox cat')).stdout, 'piped');
    t.equal(
      (
        await engine.shell('docker run --rm --network none busybox dd if=/dev/zero bs=1M count=8 2>/dev/null | wc -c')
      ).stdout.trim(),
      String(8 << 20),
    );
  });

  for (const [name, args, code, message] of [
    ['a command that is not there', ['busybox', 'nosuch'], 127, /exec: "nosuch": executable file not found in \$PATH/],
    ['a path that is not there', ['busybox', '/nope'], 127, /stat \/nope: no such file or directory/],
    ['a file that is no program', ['busybox', '/etc/passwd'], 126, /permission denied/],
    ['a missing interpreter', ['busybox', 'sh', '-c', 'printf "#!/nope\\n" > /tmp/s; chmod +x /tmp/s; exec /tmp/s'], 127, /not found/],
    ['an unknown user', ['-u', 'eve', 'busybox', 'id'], 125, /unable to find user eve: no matching entries in passwd file/],
    ['an unknown image', ['nosuch.invalid/x:1'], 125, /nosuch\.invalid/],
    ['an unknown network', ['--network', 'nosuch', 'busybox', 'true'], 125, /network nosuch not found/],
    ['a published port', ['-p', '80', '--network', 'bridge', 'busybox', 'true'], 125, /bridge is missing/],
    ['too little memory', ['-m', '1m', 'busybox', 'true'], 125, /Minimum memory limit allowed is 6MB/],
    ['an unknown capability', ['--cap-add', 'FOO', 'busybox', 'true'], 125, /invalid CapAdd: unknown capability: "CAP_FOO"/],
    ['a missing device', ['--device', '/dev/nope', 'busybox', 'true'], 127, /\/dev\/nope.*no such file or directory/],
    ['a bad name', ['--name', '.bad', 'busybox', 'true'], 125, /Invalid container name \(\.bad\)/],
  ] as const) // biome-ignore format: a table
    await t.test(name, async (t) => {
      const network = args.includes('--network' as never) ? [] : none;
      const { code: got, stderr } = await engine.docker('run', '--rm', ...network, ...args);
      t.equal(got, code);
      t.match(stderr, message);
      t.equal((await engine.docker('ps', '-aq')).stdout, '', 'nothing is left');
    });

  await t.test('a life', async (t) => {
    await ok(
      t,
      engine,
      'run',
      '-d',
      ...none,
      '--name',
      'life',
      'busybox',
      'sh',
      '-c',
      'trap "exit 7" TERM; echo begun; while :; do sleep 0.05; done',
    );
    t.match(await engine.docker('create', ...none, '--name', 'life', 'busybox'), {
      code: 1,
      stderr: /name "\/life" is already in use/,
    });
    t.match(await engine.docker('ps', '--format', '{{.Names}} {{.Status}}'), { stdout: /^life Up / });
    t.match(await engine.docker('exec', 'life', 'sh', '-c', 'echo in; exit 4'), { code: 4, stdout: 'in\n' });
    t.match(await engine.docker('exec', 'life', 'nosuch'), { code: 126, stdout: /executable file not found/ });
    t.match(await engine.docker('top', 'life'), { stdout: /^UID.*\nroot.*sh -c trap/ });
    t.match(await engine.docker('rm', 'life'), { code: 1, stderr: /You cannot remove a running container/ });
    await ok(t, engine, 'pause', 'life');
    t.match(await engine.docker('exec', 'life', 'true'), { code: 1, stderr: /is paused/ });
    await ok(t, engine, 'unpause', 'life');
    await ok(t, engine, 'stop', 'life');
    t.equal(
      (await engine.docker('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'life')).stdout,
      'exited 7\n',
    );
    await ok(t, engine, 'rename', 'life', 'lived');
    await ok(t, engine, 'start', 'lived');
    await ok(t, engine, 'restart', '-t', '1', 'lived');
    await ok(t, engine, 'kill', 'lived');
    t.equal((await engine.docker('wait', 'lived')).stdout, '137\n');
    t.equal((await engine.docker('logs', 'lived')).stdout, 'begun\nbegun\nbegun\n');
    t.equal((await engine.docker('logs', '--tail', '1', 'lived')).stdout, 'begun\n');
    await ok(t, engine, 'rm', 'lived');
  });

  await t.test('who it is and what it may', async (t) => {
    const inside = async (...args: string[]): Promise<string> =>
      (await engine.docker('run', '--rm', ...none, ...args)).stdout;
    t.equal(
      await inside('-u', 'bob', '--group-add', 'extra', 'busybox', 'id'),
      'uid=1000(bob) gid=1000(bob) groups=10(wheel),1000(bob),1234(extra)\n',
    );
    t.match(await inside('busybox', 'grep', 'CapEff', '/proc/self/status'), /00000000a80425fb/);
    t.match(
      await inside('--cap-drop', 'ALL', '--cap-add', 'NET_ADMIN', 'busybox', 'grep', 'CapEff', '/proc/self/status'),
      /0000000000001000/,
    );
    t.match(await inside('busybox', 'grep', 'Seccomp:', '/proc/self/status'), /2/);
    t.match(
      await inside('--security-opt', 'seccomp=unconfined', 'busybox', 'grep', 'Seccomp:', '/proc/self/status'),
      /0/,
    );
    t.equal(
      await inside('-h', 'me', '-e', 'A=b', '-w', '/tmp', 'busybox', 'sh', '-c', 'hostname; pwd; echo $A $HOME'),
      'me\n/tmp\nb /root\n',
    );
    t.equal(await inside('busybox', 'ls', '/sys/class/net'), 'lo\n');
    t.match(
      (await engine.docker('run', '--rm', ...none, '--read-only', 'busybox', 'touch', '/x')).stderr,
      /Read-only file system/,
    );
    t.match((await engine.docker('run', '--rm', ...none, 'busybox', 'unshare', '-U', 'true')).stderr, /not permitted/);
    t.match(await inside('--init', 'busybox', 'cat', '/proc/1/cmdline'), /docker-init/);
  });

  await t.test('volumes', async (t) => {
    await ok(
      t,
      engine,
      'run',
      '--rm',
      ...none,
      '-v',
      'vol:/etc',
      '-v',
      '/anonymous',
      'busybox',
      'sh',
      '-c',
      'grep -c bob /etc/passwd; echo kept > /etc/new',
    );
    t.equal(
      (
        await engine.docker(
          'run',
          '--rm',
          ...none,
          '-v',
          'vol:/x:ro',
          'busybox',
          'sh',
          '-c',
          'cat /x/new; touch /x/y || true',
        )
      ).stdout,
      'kept\n',
    );
    t.equal((await engine.docker('volume', 'ls', '-q')).stdout, 'vol\n', 'the anonymous one went with its container');
    await ok(t, engine, 'volume', 'rm', 'vol');
    t.match(await engine.docker('volume', 'rm', 'vol'), { code: 1, stderr: /no such volume/i });
  });

  await t.test('files in and out', async (t) => {
    await ok(t, engine, 'create', ...none, '--name', 'cp', 'busybox', 'sleep', '100');
    for (const state of ['created', 'running']) {
      if (state === 'running') await ok(t, engine, 'start', 'cp');
      const source = join(engine.directory, state);
      await engine.shell(`mkdir -p ${source}/sub; echo ${state} > ${source}/sub/f; ln -s /etc/passwd ${source}/link`);
      await ok(t, engine, 'cp', source, 'cp:/tmp/');
      t.equal((await engine.shell(`docker cp cp:/tmp/${state}/sub/f - | tar xO`)).stdout, `${state}\n`);
      t.match(await engine.docker('cp', 'cp:/nope', '-'), {
        code: 1,
        stderr: /Could not find the file \/nope in container cp|No such container:path: cp:\/nope/,
      });
    }
    t.match((await engine.docker('diff', 'cp')).stdout, /A \/tmp\/running\/sub\/f/);
    // A link inside the container leads nowhere outside of it.
    await ok(t, engine, 'exec', 'cp', 'ln', '-s', engine.directory, '/tmp/out');
    t.match(await engine.docker('cp', join(engine.directory, 'created/sub/f'), 'cp:/tmp/out/escaped'), {
      code: 1,
    });
    t.notOk(existsSync(join(engine.directory, 'escaped')));
    await ok(t, engine, 'rm', '-f', 'cp');
  });

  await t.test('restart policies', async (t) => {
    await engine.docker(
      'run',
      ...none,
      '--name',
      'again',
      '--restart',
      'on-failure:2',
      'busybox',
      'sh',
      '-c',
      'echo run; exit 3',
    );
    await engine.shell(
      'for i in $(seq 50); do [ "$(docker inspect -f "{{.RestartCount}} {{.State.Status}}" again)" = "2 exited" ] && break; sleep 0.1; done',
    );
    t.equal((await engine.docker('logs', 'again')).stdout, 'run\nrun\nrun\n');
    await ok(t, engine, 'rm', 'again');
  });

  await t.test('events come in order', async (t) => {
    const since = String(Math.floor(Date.now() / 1000));
    await ok(t, engine, 'run', '--rm', ...none, '--name', 'ev', 'busybox', 'true');
    const { body } = await engine.http(
      'GET',
      `/events?since=${since}&until=${(Date.now() / 1000).toFixed(3)}&filters=${encodeURIComponent('{"type":["container","network"]}')}`,
    );
    const all = body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const id = all.findLast(({ Actor }) => Actor.Attributes.name === 'ev').Actor.ID;
    const seen = all
      .filter(({ Actor }) => Actor.ID === id || Actor.Attributes.container === id)
      .map(({ Type, Action }) => `${Type} ${Action}`);
    t.same(seen, [
      'container create',
      'container attach',
      'network connect',
      'container start',
      'container die',
      'network disconnect',
      'container destroy',
    ]);
  });

  await t.test('nothing is left', async (t) => {
    t.equal((await engine.docker('ps', '-aq')).stdout, '');
    t.same(leftMounts(engine.directory), []);
    t.equal(leftProcesses(engine.directory).length, 2, 'engine and containerd, but no shim');
    t.same(readdirSync(join(engine.directory, 'data/containers')), []);
    t.notOk(readFileSync('/proc/self/mountinfo', 'utf8').includes(`${engine.directory}/run/mount-`));
    const tasks = await engine.shell(
      `ctr -a ${engine.containerd} -n moby tasks ls -q; ctr -a ${engine.containerd} -n moby containers ls -q; ctr -a ${engine.containerd} -n moby leases ls -q`,
    );
    t.equal(tasks.stdout, '');
  });
});

async function ok(t: Test, engine: TestEngine, ...args: string[]): Promise<void> {
  const { code, stderr } = await engine.docker(...args);
  t.equal(code, 0, `docker ${args.join(' ')}${stderr === '' ? '' : `: ${stderr}`}`);
}
