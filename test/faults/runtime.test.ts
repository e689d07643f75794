/**
 * SIGKILL to the runtime, and to the process that it makes, in front of their system calls, throughout create, start, exec
 * and delete: afterwards `state` says what is so, and `delete --force` leaves nothing. DRYDOCK_FAULTS=all takes every call,
 * else every so manieth is taken.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Sandbox, unable } from '../../packages/runtime/src/testing/sandbox.ts';
import { bin } from '../support/stacks.ts';
import { killAt, killPoints, spread } from './kill-points.ts';

const runtime = join(bin, 'drydock-runtime');
const noStrace = spawnSync('strace', ['--version']).status !== 0 && 'needs strace';
/** How many points of a verb are tried. */
const sample = process.env.DRYDOCK_FAULTS === 'all' ? Number.POSITIVE_INFINITY : 60;

interface Row {
  readonly verb: string;
  readonly points: number;
  tried: number;
  killed: number;
  left: number;
  wrong: number;
}

t.test('killed anywhere', { skip: unable || noStrace }, async (t) => {
  const sandbox = new Sandbox([runtime]);
  t.teardown(() => sandbox.remove());
  const log = join(sandbox.directory, 'strace');
  const bundle = sandbox.bundle((spec) => (spec.process.args = ['sleep', '1000']));
  const command = (...words: readonly string[]) => [runtime, '--root', sandbox.root, ...words];
  const rows: Row[] = [];

  /** What is there of a container beside what `state` says. */
  const facts = (id: string) => {
    const pids = cgroupsOf(id).flatMap((path) =>
      readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean),
    );
    const init = pids.filter((pid) => exeOf(pid).startsWith('/memfd:drydock-runtime'));
    return { cgroups: cgroupsOf(id), pids: [...new Set(pids)], waiting: [...new Set(init)] };
  };

  /** Why the state that is told is not so; undefined if it is. */
  const lie = async (id: string): Promise<string | undefined> => {
    let found: string | undefined;
    // What was left alone notices it when it next speaks to the runtime, and ends.
    for (let round = 0; round < 40; round += 1) {
      const { code, stdout } = sandbox.run(['state', id]);
      const status = code === 0 ? JSON.parse(stdout).status : 'absent';
      const { pids, waiting } = facts(id);
      const isSo = {
        absent: pids.length === 0,
        stopped: pids.length === 0,
        creating: waiting.length === 1 && pids.length === 1,
        created: waiting.length === 1 && code === 0 && pids.includes(String(JSON.parse(stdout).pid)),
        running: waiting.length === 0 && code === 0 && pids.includes(String(JSON.parse(stdout).pid)),
      }[status as string];
      if (isSo) return undefined;
      found = `${status}, but processes [${pids}], waiting [${waiting}]`;
      await sleep(25);
    }
    return found;
  };

  /** Deletes a container; answers what is left then. */
  const remains = (id: string): string[] => {
    const { code, stderr } = sandbox.run(['delete', '--force', id]);
    const { cgroups, pids } = facts(id);
    const directory = existsSync(join(sandbox.root, id)) ? [`${id} in the root directory`] : [];
    return [...(code === 0 ? [] : [stderr]), ...directory, ...cgroups, ...pids.map((pid) => `process ${pid}`)];
  };

  /** Kills a verb at its points, each on a container of its own that `prepare` has brought to where the verb begins. */
  const killEverywhere = async (
    t: Test,
    verb: string,
    words: (id: string) => string[],
    prepare: (id: string) => void,
  ) => {
    const first = sandbox.id();
    prepare(first);
    const points = await killPoints(command(...words(first)), sandbox.root, log);
    remains(first);
    t.ok(points.length > 10, `${verb} has ${points.length} points`);
    const row: Row = { verb, points: points.length, tried: 0, killed: 0, left: 0, wrong: 0 };
    rows.push(row);
    for (const point of spread(points, sample)) {
      const id = sandbox.id();
      prepare(id);
      row.tried += 1;
      if (await killAt(point, command(...words(id)), log)) row.killed += 1;
      const where = `${verb} killed at ${point.call} ${point.count} of the ${point.victim}`;
      const wrong = await lie(id);
      if (wrong !== undefined) {
        row.wrong += 1;
        t.fail(`${where}: state says ${wrong}`);
      }
      const left = remains(id);
      if (left.length > 0) {
        row.left += 1;
        t.fail(`${where}: left ${left.join(', ')}`);
      }
    }
    t.ok(row.killed > row.tried * 0.8, `${row.killed} of ${row.tried} were killed`);
  };

  const created = (id: string) => void sandbox.run(['create', '-b', bundle, id]);
  const running = (id: string) => {
    created(id);
    sandbox.run(['start', id]);
  };
  await t.test('create', (t) =>
    killEverywhere(
      t,
      'create',
      (id) => ['create', '-b', bundle, id],
      () => {},
    ),
  );
  await t.test('start', (t) => killEverywhere(t, 'start', (id) => ['start', id], created));
  await t.test('exec', (t) => killEverywhere(t, 'exec', (id) => ['exec', '-d', id, 'sleep', '1000'], running));
  await t.test('delete', (t) => killEverywhere(t, 'delete', (id) => ['delete', '--force', id], running));

  await t.test('a hundred concurrent creates of one id yield one container', async (t) => {
    const id = sandbox.id();
    const words = ['--root', sandbox.root, 'create', '-b', bundle, id];
    const codes = await Promise.all(
      Array.from(
        { length: 100 },
        () =>
          new Promise<number | null>((resolve) => {
            spawn(runtime, words, { stdio: 'ignore' }).once('exit', (code) => resolve(code));
          }),
      ),
    );
    t.equal(codes.filter((code) => code === 0).length, 1);
    t.equal(codes.filter((code) => code === 1).length, 99);
    t.equal(sandbox.status(id), 'created');
    t.same(remains(id), []);
  });

  await t.test('a pid that was reused is another process', async (t) => {
    const id = sandbox.id();
    running(id);
    const other = spawn('sleep', ['1000']);
    const path = join(sandbox.root, id, 'state.json');
    const state = JSON.parse(readFileSync(path, 'utf8'));
    process.kill(state.init_process_pid, 'SIGKILL');
    writeFileSync(path, JSON.stringify({ ...state, init_process_pid: other.pid }));
    t.equal(sandbox.status(id), 'stopped');
    t.match(sandbox.run(['kill', id, 'KILL']), { code: 1, stderr: /not running/ });
    t.match(sandbox.run(['exec', id, 'true']), { code: 255 });
    t.same(remains(id), []);
    t.equal(other.exitCode, null, 'and is left alone');
    other.kill('SIGKILL');
  });

  t.same(sandbox.leftovers(), []);
  t.comment('| verb | system calls | killed at | containers left | wrong states |');
  for (const { verb, points, killed, left, wrong } of rows)
    t.comment(`| ${verb} | ${points} | ${killed} | ${left} | ${wrong} |`);
});

function cgroupsOf(id: string): string[] {
  const top = '/sys/fs/cgroup';
  const own = readFileSync('/proc/self/cgroup', 'utf8').split('\n').filter(Boolean);
  const paths = own.flatMap((line) => {
    const [, names = '', path = ''] = line.split(':');
    const mount = names === '' ? ['', 'unified'] : [names.replace('name=', '')];
    return mount.flatMap((name) => [join(top, name, path, id), join(top, name, path, '..', id)]);
  });
  return [...new Set(paths)].filter((path) => existsSync(join(path, 'cgroup.procs')));
}

function exeOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    // It has ended.
    return '';
  }
}
