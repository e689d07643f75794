import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Sandbox, unable } from './testing/sandbox.ts';

t.test('a container lives and ends', { skip: unable }, async (t) => {
  const sandbox = new Sandbox();
  t.teardown(() => sandbox.remove());

  await t.test('run answers the exit code of the command', async (t) => {
    const { code, stdout, stderr } = sandbox.run(['run', '-b', sandbox.script('echo hi; exit 3'), sandbox.id()]);
    t.same({ code, stdout, stderr }, { code: 3, stdout: 'hi\n', stderr: '' });
    const killed = sandbox.run(['run', '-b', sandbox.script('kill -9 $$'), sandbox.id()]);
    t.equal(killed.code, 0, 'the first process of a PID namespace does not see its own signals');
    t.same(sandbox.leftovers(), []);
  });

  await t.test('create, start, kill, delete', async (t) => {
    const id = sandbox.id();
    const pidFile = join(sandbox.directory, 'pid');
    const bundle = sandbox.script('echo started; exec sleep 100');
    t.equal(sandbox.status(id), 'absent');
    t.match(sandbox.run(['create', '-b', bundle, '--pid-file', pidFile, id]), { code: 0, stderr: '' });
    t.equal(sandbox.status(id), 'created');
    const pid = readFileSync(pidFile, 'utf8');
    t.match(pid, /^\d+$/);
    const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    t.ok(resident < 500, `a created container is small: ${resident} kB`);

    t.match(sandbox.run(['create', '-b', bundle, id]), { code: 1, stderr: /container with given ID already exists/ });
    t.match(sandbox.run(['start', id]), { code: 0 });
    t.equal(sandbox.status(id), 'running');
    t.match(sandbox.run(['start', id]), { code: 1, stderr: 'cannot start an already running container\n' });
    t.match(sandbox.run(['delete', id]), {
      code: 1,
      stderr: `cannot delete container ${id} that is not stopped: running\n`,
    });
    t.same(JSON.parse(sandbox.run(['ps', '--format', 'json', id]).stdout), [Number(pid)]);
    t.match(sandbox.run(['list']).stdout, new RegExp(`^ID .*\n${id}\\s+${pid}\\s+running\\s+${bundle}`));
    t.equal(sandbox.run(['list', '-q']).stdout, `${id}\n`);

    t.match(sandbox.run(['kill', id, 'KILL']), { code: 0 });
    await stopped(sandbox, id);
    t.match(sandbox.run(['kill', id]), { code: 1, stderr: 'container not running\n' });
    t.match(sandbox.run(['start', id]), { code: 1, stderr: 'cannot start a container that has stopped\n' });
    t.equal(sandbox.run(['ps', '--format', 'json', id]).stdout, 'null\n');
    t.match(sandbox.run(['delete', id]), { code: 0 });
    t.match(sandbox.run(['delete', id]), { code: 1, stderr: 'container does not exist\n' });
    t.match(sandbox.run(['delete', '--force', id]), { code: 0 });
    t.same(sandbox.leftovers(), []);
  });

  await t.test('pause and resume', async (t) => {
    const id = sandbox.id();
    sandbox.run(['run', '-d', '-b', sandbox.bundle((spec) => (spec.process.args = ['sleep', '100'])), id]);
    t.match(sandbox.run(['resume', id]), { code: 1, stderr: 'container not paused\n' });
    t.match(sandbox.run(['pause', id]), { code: 0 });
    t.equal(sandbox.status(id), 'paused');
    t.match(sandbox.run(['exec', id, 'true']), { code: 255, stderr: /cannot exec in a paused container/ });
    t.match(sandbox.run(['resume', id]), { code: 0 });
    t.equal(sandbox.status(id), 'running');
    sandbox.run(['pause', id]);
    t.match(sandbox.run(['delete', '--force', id]), { code: 0 }, 'a paused one can be deleted');
    t.same(sandbox.leftovers(), []);
  });

  await t.test('a created container can be deleted without being started', async (t) => {
    const id = sandbox.id();
    sandbox.run(['create', '-b', sandbox.script('touch /was-started'), id]);
    t.match(sandbox.run(['delete', id]), { code: 0 });
    t.notOk(existsSync(join(sandbox.rootfs, 'was-started')));
    t.same(sandbox.leftovers(), []);
  });

  await t.test('what a killed create leaves can be deleted', async (t) => {
    const id = sandbox.id();
    // The hook kills the runtime that runs it.
    const bundle = sandbox.bundle((spec) => {
      spec.hooks = { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', 'kill -9 $PPID'] }] };
    });
    t.equal(sandbox.run(['create', '-b', bundle, id]).code, null);
    t.equal(sandbox.status(id), 'stopped');
    t.match(sandbox.run(['delete', id]), { code: 0 });
    t.same(sandbox.leftovers(), []);
  });

  await t.test('limits can be changed while it runs', async (t) => {
    const id = sandbox.id();
    sandbox.run(['run', '-d', '-b', sandbox.bundle((spec) => (spec.process.args = ['sleep', '100'])), id]);
    const input = JSON.stringify({ memory: { limit: 30_000_000 }, cpu: { shares: 512, quota: 0 }, pids: { limit: 7 } });
    const stdio = ['pipe', 'pipe', 'pipe'] as const;
    t.match(sandbox.run(['update', '--resources', '-', id], { input, stdio: [...stdio] }), { code: 0 });
    t.match(sandbox.run(['update', '--memory', '40m', '--memory-swap', '80m', id]), { code: 0 });
    const { cgroup_paths: paths } = JSON.parse(readFileSync(join(sandbox.root, id, 'state.json'), 'utf8'));
    const value = (controller: string, file: string) => readFileSync(join(paths[controller], file), 'utf8').trim();
    if (paths.memory) {
      t.equal(value('memory', 'memory.limit_in_bytes'), String(40 << 20));
      t.equal(value('cpu', 'cpu.shares'), '512');
      t.equal(value('pids', 'pids.max'), '7');
    } else {
      t.equal(value('', 'memory.max'), String(40 << 20));
      t.equal(value('', 'pids.max'), '7');
    }
    t.match(sandbox.run(['update', '--memory', 'lots', id]), { code: 1, stderr: /invalid value for memory/ });
    sandbox.run(['delete', '--force', id]);
    t.match(sandbox.run(['update', '--memory', '40m', id]), { code: 1, stderr: 'container does not exist\n' });
    t.same(sandbox.leftovers(), []);
  });
});

async function stopped(sandbox: Sandbox, id: string): Promise<void> {
  for (let round = 0; round < 100 && sandbox.status(id) !== 'stopped'; round++)
    await new Promise((resolve) => setTimeout(resolve, 10));
}
