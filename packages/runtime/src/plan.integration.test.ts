/** What `plan` says beside what strace(1) sees. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Step } from './container/plan-steps.ts';
import { type DraftSpec, Sandbox, unable } from './testing/sandbox.ts';

const noStrace = spawnSync('strace', ['-V']).status !== 0 && 'needs strace';
const sleeping = (spec: DraftSpec) => {
  spec.process.args = ['sleep', '1000'];
};

t.test('plans', { skip: unable }, async (t) => {
  const sandbox = new Sandbox();
  t.teardown(() => sandbox.remove());
  const bundle = sandbox.bundle((spec) => {
    sleeping(spec);
    spec.hooks = { prestart: [{ path: '/bin/true' }], poststart: [{ path: '/bin/true' }] };
    spec.linux.resources = { ...spec.linux.resources, pids: { limit: 9 } };
  });
  const steps = (...words: string[]): Step[] => JSON.parse(sandbox.run(['plan', '--json', ...words]).stdout).steps;
  const callOf = ({ call }: Step) => /^(\w+)\(/.exec(call)?.[1];

  await t.test('of a container: what the runtime does, and when', async (t) => {
    const id = sandbox.id();
    const planned = steps('--id', id, bundle);
    const at = (text: RegExp) => planned.findIndex(({ call }) => text.test(call));
    const order = [
      at(/^mkdir \/sys\/fs\/cgroup\//),
      at(/^write "9" to .*pids\.max$/),
      at(/^clone3\(/),
      at(/\{hooks\}/),
      at(/^run \/bin\/true on the host$/),
      at(/\{ready\}/),
      at(/state\.json/),
      at(/exec\.fifo, remove it: running$/),
      at(/^execve\(/),
    ];
    t.same(
      order,
      order.toSorted((a, b) => a - b),
    );
    t.notOk(order.includes(-1));
    t.match(planned[at(/^write "9"/)], { stage: 'runtime', field: 'linux.resources' });
    t.match(planned[at(/^sethostname/)], { stage: 'settings', field: 'hostname' });
    t.same(sandbox.leftovers(), [], 'nothing was done');
  });

  await t.test('of a container: what its process does', { skip: noStrace }, async (t) => {
    const id = sandbox.id();
    const trace = join(sandbox.directory, 'trace');
    const planned = steps('--id', id, bundle)
      .filter(({ index }) => index !== undefined)
      .map(callOf);
    const [program = '', ...words] = sandbox.command;
    const line = ['-f', '-o', trace, program, ...words, '--root', sandbox.root, 'create', '-b', bundle, id];
    // It stays as long as the container does.
    const output = openSync(join(sandbox.directory, 'output'), 'w');
    const strace = spawn('strace', line, { stdio: ['ignore', output, output] });
    closeSync(output);
    const ended = new Promise((resolve) => strace.on('exit', resolve));
    for (let round = 0; round < 200 && sandbox.status(id) !== 'created'; round++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const { pid } = JSON.parse(sandbox.run(['state', id]).stdout);
    sandbox.run(['delete', '--force', id]);
    await ended;
    const seen = readFileSync(trace, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith(`${pid} `))
      .map((line) => /^\d+ +(\w+)\(/.exec(line)?.[1]);
    const own = seen
      .slice(seen.lastIndexOf('execveat') + 1)
      .filter((call) => call !== undefined && call !== 'close_range');
    t.ok(own.length > 100, `${own.length} calls`);
    // Branches leave some out: what is done is done in the plan's order. Gaps between descriptors are only known then.
    let from = 0;
    for (const call of own) {
      const next = planned.indexOf(call, from);
      if (next < 0) return t.fail(`${call} is not in the plan after ${from}`);
      from = next + 1;
    }
    t.equal(planned[from - 1], 'read', 'it waits to be started');
  });

  await t.test('of an exec', async (t) => {
    const id = sandbox.id();
    t.equal(sandbox.run(['run', '-d', '-b', sandbox.bundle(sleeping), id]).code, 0);
    const planned = steps('--exec', id, '--', 'ls', '-l');
    const calls = planned.map(({ call }) => call);
    t.ok(calls.some((call) => /^pidfd_open\(\d+\) = 40$/.test(call)));
    t.ok(calls.some((call) => /^setns\(40, CLONE_NEWNET\|CLONE_NEWIPC\|CLONE_NEWUTS\|CLONE_NEWNS\)$/.test(call)));
    t.ok(calls.some((call) => /^execve\(<executable>, \["ls","-l"\]/.test(call)));
    t.match(sandbox.run(['plan', '--exec', id, 'ls']).stdout, /^# runtime\n[\s\S]*\n# execute\n +\d+ {2}execve\(/);
    t.match(sandbox.run(['plan', '--exec', id]), { code: 1, stderr: 'plan failed: args must not be empty\n' });
    t.match(sandbox.run(['plan', '--exec', 'nosuch', 'ls']), { stderr: 'plan failed: container does not exist\n' });
    sandbox.run(['delete', '--force', id]);
  });

  await t.test('of what makes no sense', async (t) => {
    const broken = sandbox.bundle((spec) => spec.linux.namespaces!.push({ type: 'foo' }));
    t.match(sandbox.run(['plan', broken]), { code: 1, stderr: /namespace \{"foo" ""\} does not exist/ });
  });
  t.same(sandbox.leftovers(), []);
});
