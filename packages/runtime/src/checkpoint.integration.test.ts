/** checkpoint and restore where criu cannot work, beside runc: the same reasons. What works is in checkpoint.vm.test.ts. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Outcome, Sandbox, unable } from './testing/sandbox.ts';

const noRunc = spawnSync('runc', ['--version']).status !== 0 && 'needs runc';
const noCriu = spawnSync('criu', ['--version']).status !== 0 && 'needs criu';

t.test('reasons', { skip: unable || noRunc }, async (t) => {
  const ours = new Sandbox();
  t.teardown(() => ours.remove());
  const runc = ours.as(['runc'], ours.root);
  const id = ours.id();
  const bundle = ours.bundle((spec) => {
    spec.process.args = ['sleep', '1000'];
  });
  t.equal(ours.run(['create', '-b', bundle, id]).code, 0);
  const images = join(ours.directory, 'images');
  mkdirSync(join(images, 'parent'), { recursive: true });
  writeFileSync(join(images, 'file'), '');
  const same = (...words: string[]) => {
    const [theirs, own] = [runc, ours].map((runtime) => comparable(runtime.run(words, { cwd: ours.directory })));
    t.same(own, theirs, words.join(' '));
  };
  const checkpoint = (...words: string[]) => ['checkpoint', '--image-path', images, ...words, id];

  same(...checkpoint());
  t.equal(ours.run(['start', id]).code, 0);
  same('checkpoint', 'nosuch');
  same('checkpoint');
  same('--criu', '/nosuch', ...checkpoint('--leave-running'));
  same('--criu', 'nosuchcriu', ...checkpoint('--leave-running'));
  same('--criu', '/nosuch', ...checkpoint());
  same(...checkpoint('--manage-cgroups-mode', 'x'));
  same(...checkpoint('--page-server', 'x', '--leave-running'));
  same(...checkpoint('--page-server', '1.2.3.4:x', '--leave-running'));
  same(...checkpoint('--empty-ns', 'pid', '--leave-running'));
  same(...checkpoint('--parent-path', '/x', '--leave-running'));
  same(...checkpoint('--parent-path', 'nosuch', '--leave-running'));
  same('restore', '--image-path', images, '-b', bundle, id);
  same('restore', '--image-path', images, '-b', '/nosuch', 'x');
  same('restore', '--image-path', images, '--empty-ns', 'pid', '-b', bundle, 'x');
  same('--criu', '/nosuch', 'restore', '--image-path', images, '-b', bundle, ours.id());
  t.equal(ours.run(['kill', id, 'KILL']).code, 0);
  for (let round = 0; round < 100 && ours.status(id) !== 'stopped'; round++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  same(...checkpoint());
  ours.run(['delete', id]);
  t.same(ours.leftovers(), []);
});

const works = !noCriu && spawnSync('criu', ['check'], { timeout: 20_000 }).status === 0;

t.test(
  'a kernel that criu refuses',
  { skip: unable || noRunc || noCriu || (works && 'criu works here') },
  async (t) => {
    const ours = new Sandbox();
    t.teardown(() => ours.remove());
    const runc = ours.as(['runc'], ours.root);
    const id = ours.id();
    const bundle = ours.bundle((spec) => {
      spec.process.args = ['sleep', '1000'];
    });
    t.equal(ours.run(['run', '-d', '-b', bundle, id]).code, 0);
    const [images, work] = [join(ours.directory, 'images'), join(ours.directory, 'work')];
    for (const flags of [['--leave-running'], [], ['--pre-dump']]) {
      const words = ['checkpoint', '--image-path', images, '--work-path', work, ...flags, id];
      const [theirs, own] = [runc, ours].map((runtime) => runtime.run(words));
      t.same(comparable(own!), comparable(theirs!), flags.join(' '));
      t.not(own!.code, 0);
    }
    t.match(readFileSync(join(work, 'dump.log'), 'utf8'), /Error \(/, 'the reason is in the log that the error names');
    t.same(JSON.parse(readFileSync(join(images, 'descriptors.json'), 'utf8')).length, 3);
    const restored = ours.id();
    const restore = ours.run(['restore', '-d', '--image-path', images, '--work-path', work, '-b', bundle, restored]);
    t.match(restore, { code: 1, stderr: `criu failed: type RESTORE errno 0\nlog file: ${work}/restore.log\n` });
    t.ok(existsSync(join(work, 'restore.log')));
    t.equal(ours.status(restored), 'absent');
    t.equal(ours.status(id), 'running');
    ours.run(['delete', '--force', id]);
    t.same(ours.leftovers(), []);
  },
);

/** runc's usage text is its own; a failed checkpoint is told twice. */
function comparable({ code, stdout, stderr, log }: Outcome) {
  return {
    code,
    stdout: stdout.split('\n')[0],
    stderr: stderr.trim(),
    log: log.map(({ level, msg }) => `${level}: ${msg}`),
  };
}
