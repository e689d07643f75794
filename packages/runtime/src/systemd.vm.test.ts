/** Cgroups that systemd makes, where systemd is: scopes as runc asks for them, their limits, and their end. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { runtimeUnderTest, Sandbox, unable } from './testing/sandbox.ts';

const skip = unable || (!existsSync('/run/systemd/system') && 'needs systemd');
const shown = ['Slice', 'Delegate', 'MemoryMax', 'TasksMax', 'CPUWeight', 'CPUQuotaPerSecUSec', 'AllowedCPUs'];

/** Properties of a unit as systemctl(1) prints them. */
function properties(unit: string, ...more: readonly string[]): Readonly<Record<string, string>> {
  const { stdout } = spawnSync('systemctl', ['show', unit, '-p', [...shown, ...more].join(',')], { encoding: 'utf8' });
  return Object.fromEntries(
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

t.test('cgroups of systemd', { skip }, async (t) => {
  const sandbox = new Sandbox();
  t.teardown(() => sandbox.remove());
  const runtimes = { ours: sandbox.as(runtimeUnderTest, sandbox.root), runc: sandbox.as(['runc']) };
  const seen: Record<string, unknown> = {};

  for (const [name, place] of Object.entries(runtimes)) {
    await t.test(`${name}: a scope of its own`, async (t) => {
      const id = sandbox.id();
      const bundle = sandbox.bundle((spec) => {
        spec.process.args = ['sleep', '1000'];
        spec.linux.cgroupsPath = `system-drydock.slice:test:${id}`;
        spec.linux.resources = {
          ...spec.linux.resources,
          memory: { limit: 64 << 20 },
          pids: { limit: 20 },
          cpu: { shares: 512, quota: 25000, period: 100000, cpus: '0' },
        };
        spec.annotations = { 'org.systemd.property.TimeoutStopSec': 'uint64 7' };
      });
      const unit = `test-${id}.scope`;
      const { code, stderr } = place.run(['--systemd-cgroup', 'run', '-d', '-b', bundle, id]);
      t.equal(code, 0, stderr);
      const { pid } = JSON.parse(place.run(['state', id]).stdout);
      t.match(
        readFileSync(`/proc/${pid}/cgroup`, 'utf8'),
        `0::/system.slice/system-drydock.slice/${unit}\n`,
        'it is where the slice says',
      );
      const before = properties(unit, 'TimeoutStopUSec');
      t.match(before, { Slice: 'system-drydock.slice', Delegate: 'yes', TasksMax: '20', MemoryMax: String(64 << 20) });
      t.equal(before.TimeoutStopUSec, '7s');
      t.equal(place.run(['update', '--pids-limit', '30', id]).code, 0);
      const after = properties(unit);
      t.equal(after.TasksMax, '30', 'systemd knows of the update');
      t.equal(place.run(['exec', id, 'cat', '/proc/self/cgroup']).code, 0);
      seen[name] = [before, after];
      const cgroup = `/sys/fs/cgroup/system.slice/system-drydock.slice/${unit}`;
      t.ok(existsSync(cgroup));
      t.equal(place.run(['delete', '--force', id]).code, 0);
      t.notOk(existsSync(cgroup));
      const { stdout } = spawnSync('systemctl', ['list-units', '--all', '--no-legend', unit], { encoding: 'utf8' });
      t.equal(stdout.trim(), '', 'the unit is gone');
    });
  }
  t.same(seen.ours, seen.runc, 'the properties are those of runc');

  await t.test('a path of another form is refused, in the same words', async (t) => {
    const bundle = sandbox.bundle((spec) => {
      spec.linux.cgroupsPath = '/a/b';
    });
    const [ours, runc] = [runtimes.ours, runtimes.runc].map((place) =>
      place.run(['--systemd-cgroup', 'create', '-b', bundle, sandbox.id()]),
    );
    t.match(ours?.stderr, /expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "\/a\/b"/);
    t.equal(ours?.stderr, runc?.stderr);
  });
  t.same(sandbox.leftovers(), [], 'nothing is left');
});
