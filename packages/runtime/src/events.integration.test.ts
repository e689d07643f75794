import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { watchOom } from './events/oom.ts';
import { statsV2 } from './events/stats-v2.ts';
import { Sandbox, unable } from './testing/sandbox.ts';

const noRunc = spawnSync('runc', ['--version']).status !== 0 && 'needs runc';

t.test('the use of a container, beside runc', { skip: unable || noRunc }, async (t) => {
  const ours = new Sandbox();
  t.teardown(() => ours.remove());
  const runc = ours.as(['runc'], ours.root);
  const id = ours.id();
  const bundle = ours.bundle((spec) => {
    spec.process.args = ['sleep', '1000'];
    spec.linux.resources = { ...spec.linux.resources, pids: { limit: 50 }, memory: { limit: 50_000_000 } };
  });
  t.equal(ours.run(['run', '-d', '-b', bundle, id]).code, 0);
  const [theirs, own] = [runc, ours].map((runtime) => runtime.run(['events', '--stats', id]).stdout);
  // Memory comes and goes by pages; everything else stands still while the container sleeps.
  const still = (text = '') => text.replace(/("(?:usage|max|[a-z_]*(?:anon|file|rss|pg\w+|cache))":)\d+/g, '$1#');
  t.equal(still(own), still(theirs));
  t.match(JSON.parse(own ?? ''), { type: 'stats', id, data: { pids: { current: 1, limit: 50 } } });
  ours.run(['delete', '--force', id]);
  t.same(ours.leftovers(), []);
});

t.test('notices as they come', { skip: unable }, async (t) => {
  const ours = new Sandbox();
  t.teardown(() => ours.remove());
  const id = ours.id();
  const bundle = ours.bundle((spec) => {
    spec.process.args = ['sleep', '1000'];
    spec.linux.resources = { ...spec.linux.resources, memory: { limit: 20_000_000 } };
  });
  t.equal(ours.run(['run', '-d', '-b', bundle, id]).code, 0);
  const [program = '', ...words] = ours.command;
  const watcher = spawn(program, [...words, '--root', ours.root, 'events', '--interval', '100ms', id]);
  const lines: { readonly type: string; readonly id: string }[] = [];
  watcher.stdout.on('data', (data: Buffer) => {
    for (const line of data.toString().split('\n').filter(Boolean)) lines.push(JSON.parse(line));
  });
  const ended = new Promise((resolve) => watcher.on('exit', resolve));
  const until = async (wanted: () => boolean) => {
    for (let round = 0; round < 200 && !wanted(); round++) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await until(() => lines.some(({ type }) => type === 'stats'));
  t.match(lines[0], { type: 'stats', id });
  // A buffer larger than the limit.
  const eater = ours.run(['exec', id, 'dd', 'if=/dev/zero', 'of=/dev/null', 'bs=64M', 'count=1']);
  t.equal(eater.code, 137, 'killed for want of memory');
  await until(() => lines.some(({ type }) => type === 'oom'));
  t.ok(lines.some(({ type, id: named }) => type === 'oom' && named === id));
  t.equal(ours.run(['delete', '--force', id]).code, 0);
  t.equal(await ended, 0, 'the end of the container is the end of the events');
  t.same(ours.leftovers(), []);
});

t.test('version 2', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-events-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const put = (name: string, text: string) => writeFileSync(join(directory, name), text);
  put('cpu.stat', 'usage_usec 30\nuser_usec 10\nsystem_usec 20\nnr_periods 2\nnr_throttled 1\nthrottled_usec 5\n');
  put('memory.stat', 'file 4096\nanon 8192\n');
  put('memory.current', '12288\n');
  put('memory.max', 'max\n');
  put('memory.swap.current', '4096\n');
  put('memory.swap.max', '8192\n');
  put('pids.current', '3\n');
  put('pids.max', 'max\n');
  put('io.stat', '8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n');
  put('memory.events', 'low 0\noom 0\noom_kill 1\n');
  put('cgroup.events', 'populated 1\nfrozen 0\n');

  await t.test('use', async (t) => {
    t.match(statsV2(directory), {
      cpu: {
        usage: { total: 30_000, kernel: 20_000, user: 10_000 },
        throttling: { periods: 2, throttledPeriods: 1, throttledTime: 5000 },
      },
      memory: {
        cache: 4096,
        usage: { limit: 0xffff_ffff_ffff_ffffn, usage: 12288, failcnt: 0 },
        swap: { usage: 16384 },
        raw: { anon: 8192, file: 4096 },
      },
      pids: { current: 3, limit: undefined },
      blkio: {
        ioServiceBytesRecursive: [
          { major: 8, op: 'Read', value: 1 },
          { major: 8, op: 'Write', value: 2 },
        ],
      },
    });
  });

  await t.test('notices', async (t) => {
    const watch = watchOom({ '': directory });
    put('memory.events', 'low 1\noom 0\noom_kill 1\n');
    t.same(watch.take(), [], 'pressure is no kill');
    put('memory.events', 'low 1\noom 1\noom_kill 2\n');
    t.ok(watch.take().includes('oom'));
    put('cgroup.events', 'populated 0\nfrozen 0\n');
    t.ok(watch.take().includes('ended'));
    watch.close();
    t.throws(() => readFileSync(`/proc/self/fdinfo/${watch.descriptor}`), 'its descriptor is closed');
  });
});
