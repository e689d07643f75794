/** Watching a container being made: stops, what can be seen at them, clocks. */
import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Timing } from './container/timings.ts';
import { type DraftSpec, Sandbox, unable } from './testing/sandbox.ts';

const sleeping = (spec: DraftSpec) => {
  spec.process.args = ['sleep', '1000'];
};

const mapped = (spec: DraftSpec) => {
  sleeping(spec);
  spec.linux.namespaces!.push({ type: 'user' }, { type: 'time' }, { type: 'cgroup' });
  spec.linux.timeOffsets = { monotonic: { secs: 1000, nanosecs: 0 } };
  spec.linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
  spec.linux.gidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
};

t.test('stops', { skip: unable }, async (t) => {
  const sandbox = new Sandbox();
  // The root of a user namespace is somebody else on the host.
  chmodSync(sandbox.directory, 0o755);
  t.teardown(() => sandbox.remove());

  /** Runs with answers on standard input; answers the exit code and what was said. */
  const dialogue = (answers: readonly string[], ...words: string[]) => {
    const said = join(sandbox.directory, 'said');
    const [program = '', ...own] = sandbox.command;
    const [out, error] = [openSync('/dev/null', 'w'), openSync(said, 'w')];
    const input = answers.map((answer) => `${answer}\n`).join('');
    const { status } = spawnSync(program, [...own, '--root', sandbox.root, ...words], {
      stdio: ['pipe', out, error],
      input,
    });
    for (const descriptor of [out, error]) closeSync(descriptor);
    return { code: status, said: readFileSync(said, 'utf8') };
  };

  await t.test('before each stage', async (t) => {
    const id = sandbox.id();
    const answers = ['look', '', 'nosuch', 'skip mounts', 'look', 'identity', 'help', 'run'];
    const { code, said } = dialogue(answers, 'create', '--step', '-b', sandbox.bundle(sleeping), id);
    t.equal(code, 0);
    const stops = [...said.matchAll(/^next: (\S+) \(\d+ of \d+\), process (\d+)$/gm)];
    const [first, , ...more] = stops.map(([, stage]) => stage);
    t.same([first, ...more], ['begin', 'mounts', 'identity']);
    t.match(said, /^ {4}0 {2}prctl\(PR_SET_DUMPABLE, 0, 0, 0, 0\)$/m, 'what comes next');
    t.match(said, /look: cat \/proc\/\d+\/status; .*nsenter -a -t \d+/);
    t.match(said, /no stage to come is called "nosuch": .*mounts, /);
    t.match(said, /namespaces of its own {3}pid mnt net ipc uts\n/);
    t.match(said, /ready: process \d+ waits; start lets it do\n[\s\S]*execve\(<executable>, \["sleep","1000"\]/);
    t.equal(JSON.parse(sandbox.run(['state', id]).stdout).pid, Number(stops[0]![2]), 'it was that process');
    t.equal(sandbox.run(['start', id]).code, 0);
    t.match(sandbox.run(['exec', id, 'cat', '/proc/1/cmdline']).stdout, /^sleep/);
    sandbox.run(['delete', '--force', id]);
  });

  await t.test('before each operation', async (t) => {
    const id = sandbox.id();
    const { said } = dialogue(['', '', '', 'abort'], 'create', '--step=operation', '-b', sandbox.bundle(sleeping), id);
    t.match(
      [...said.matchAll(/^ +(\d+) {2}(\w+)\(/gm)].map(([, index, call]) => `${index} ${call}`),
      ['0 prctl', '1 prctl', '2 rt_sigaction', '3 rt_sigaction'],
    );
  });

  await t.test('every operation, with two children', async (t) => {
    const id = sandbox.id();
    const answers = Array.from({ length: 3000 }, () => '');
    const { code, said } = dialogue(answers, 'run', '-d', '--step=operation', '-b', sandbox.bundle(mapped), id);
    t.equal(code, 0, said.slice(-500));
    t.ok(said.match(/^next: /gm)!.length > 300);
    t.equal(sandbox.status(id), 'running');
    sandbox.run(['delete', '--force', id]);
  });

  await t.test('given up: nothing is left', async (t) => {
    for (const edit of [sleeping, mapped])
      for (const answers of [['abort'], ['mounts', 'abort'], ['', ''], ['identity', 'a']]) {
        const id = sandbox.id();
        const { code, said } = dialogue(answers, 'create', '--step', '-b', sandbox.bundle(edit), id);
        t.equal(code, 1);
        t.match(
          said,
          /runc create failed: unable to start container process: aborted before \w+(: the input has ended)?/,
        );
        t.same(sandbox.leftovers(), []);
      }
    const { code, said } = dialogue(
      ['identity', '', '', '', 'abort'],
      'run',
      '--step',
      '-b',
      sandbox.bundle(),
      sandbox.id(),
    );
    t.match({ code, said }, { code: 1, said: /runc run failed: aborted before start/ });
    t.same(sandbox.leftovers(), []);
  });
});

t.test('timings', { skip: unable }, async (t) => {
  const sandbox = new Sandbox();
  // The root of a user namespace is somebody else on the host.
  chmodSync(sandbox.directory, 0o755);
  t.teardown(() => sandbox.remove());
  for (const edit of [sleeping, mapped]) {
    const id = sandbox.id();
    const { code, stderr } = sandbox.run(['create', '--timings=json', '-b', sandbox.bundle(edit), id]);
    t.equal(code, 0);
    const timings: Timing[] = JSON.parse(stderr);
    const child = timings.filter(({ by }) => by === 'container');
    t.equal(child[0]?.stage, 'begin');
    t.ok(['namespaces', 'mounts', 'restrict', 'identity'].every((name) => child.some(({ stage }) => stage === name)));
    t.ok(timings.every(({ microseconds }) => microseconds >= 0 && microseconds < 10_000_000));
    t.ok(child.reduce((sum, { microseconds }) => sum + microseconds, 0) > 100, 'it is not done in no time');
    t.equal(sandbox.run(['start', id]).code, 0);
    sandbox.run(['delete', '--force', id]);
  }
  const run = sandbox.run([
    'run',
    '--timings',
    '-b',
    sandbox.bundle((spec) => (spec.process.args = ['true'])),
    sandbox.id(),
  ]);
  t.match(run, {
    code: 0,
    stderr: /^BY +STAGE +µs +OPERATIONS\nruntime +read config\.json +\d+\n[\s\S]*\nruntime +start +\d+\n/,
  });
  t.match(sandbox.run(['create', '--step', '--timings', 'x']).stderr, /--step and --timings exclude each other/);
  t.same(sandbox.leftovers(), []);
});
