import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { listening } from '../../testing/listening.ts';
import { Systemd } from './manager.ts';
import { limitProperties } from './properties.ts';
import { placeDirectory, sliceDirectory, systemdPlace } from './unit-names.ts';

t.test('places', async (t) => {
  t.same(systemdPlace('system.slice:docker:abc', 'id', false), {
    ...{ slice: 'system.slice', prefix: 'docker', name: 'abc', unit: 'docker-abc.scope', user: false },
  });
  t.match(systemdPlace('', 'id', false), { slice: 'system.slice', unit: 'drydock-id.scope' });
  t.match(systemdPlace(':p:n.slice', 'id', true), { slice: 'user.slice', unit: 'n.slice' });
  t.throws(
    () => systemdPlace('/a/b', 'id', false),
    /expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "\/a\/b" instead/,
  );
  t.same(['-.slice', 'a.slice', 'a-b-c.slice'].map(sliceDirectory), [
    '/',
    '/a.slice',
    '/a.slice/a-b.slice/a-b-c.slice',
  ]);
  for (const wrong of ['a', '.slice', 'a/b.slice', 'a--b.slice', '-a.slice'])
    t.throws(() => sliceDirectory(wrong), /invalid slice name/);
  t.equal(placeDirectory(systemdPlace('a-b.slice:p:n', '', true), '/manager'), '/manager/a.slice/a-b.slice/p-n.scope');
});

t.test('limits as properties', async (t) => {
  const shown = (version: 1 | 2, ...resources: Parameters<typeof limitProperties>[0][]) =>
    resources.flatMap((each) => limitProperties(each, version)).map(([name, { value }]) => `${name} ${value}`);
  t.same(
    shown(
      2,
      { memory: { limit: 100, swap: 150, reservation: 50 }, pids: { limit: 7 } },
      { cpu: { shares: 1024, quota: 5000, period: 10000, cpus: '0-2,9', mems: '0' } },
      { memory: { limit: -1 }, pids: { limit: -1 } },
      { unified: { 'memory.high': 'max', 'cpu.max': '1000 10000', 'cpu.weight': '5', 'misc.max': '1' } },
    ),
    [
      ...['MemoryMax 100', 'MemoryLow 50', 'MemorySwapMax 50', 'TasksMax 7', 'CPUWeight 39'],
      ...['CPUQuotaPeriodUSec 10000', 'CPUQuotaPerSecUSec 500000', 'AllowedCPUs 7,2', 'AllowedMemoryNodes 1'],
      ...['MemoryMax 18446744073709551615', 'MemorySwapMax 18446744073709551615', 'TasksMax 18446744073709551615'],
      ...['MemoryHigh 18446744073709551615', 'CPUQuotaPeriodUSec 10000', 'CPUQuotaPerSecUSec 100000', 'CPUWeight 5'],
    ],
  );
  t.same(shown(1, { memory: { limit: 100 }, cpu: { shares: 2 }, blockIO: { weight: 30 } }), [
    ...['MemoryLimit 100', 'CPUShares 2', 'BlockIOWeight 30'],
  ]);
  t.same(shown(2, { cpu: { quota: 3333 } }), ['CPUQuotaPerSecUSec 40000'], 'rounded up to hundredths of a CPU');
  for (const cpus of ['0-4294967295', '2-1', 'a'])
    t.throws(() => limitProperties({ cpu: { cpus } }, 2), new Error(`invalid AllowedCPUs "${cpus}"`));
});

t.test('units of a manager', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-systemd-'));
  mkdirSync(join(directory, 'systemd'));
  const socket = join(directory, 'systemd/private');
  const fake = spawn(process.execPath, [join(import.meta.dirname, '../../testing/fake-systemd.ts'), socket]);
  let calls = '';
  fake.stdout.on('data', (data) => {
    calls += data;
  });
  t.teardown(() => {
    fake.kill();
    rmSync(directory, { recursive: true });
  });
  await listening(socket);

  const systemd = Systemd.open({ user: true, env: { XDG_RUNTIME_DIR: directory } });
  t.equal(systemd.controlGroup(), '/user.slice/manager');
  const place = systemdPlace('a.slice:p:n', '', true);
  systemd.start(place, 42, 2, []);
  systemd.start(place, 42, 2, []);
  systemd.setProperties(place.unit, limitProperties({ pids: { limit: 5 } }, 2));
  systemd.stop(place.unit);
  systemd.stop(place.unit);
  t.throws(
    () => systemd.start(systemdPlace('a.slice:fails:n', '', true), 42, 2, []),
    /error creating systemd unit `fails-n.scope`: got `failed`/,
  );
  systemd.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const lines = calls
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const members = lines.map(({ member }) => member);
  t.same(members, [
    ...['Get', 'Subscribe', 'StartTransientUnit', 'StartTransientUnit', 'ResetFailedUnit', 'StartTransientUnit'],
    ...['SetUnitProperties', 'StopUnit', 'StopUnit', 'StartTransientUnit', 'ResetFailedUnit'],
  ]);
  t.same(lines[2].body[0], 'p-n.scope');
  const properties = Object.fromEntries(
    lines[2].body[2].map(([name, { value }]: [string, { value: unknown }]) => [name, value]),
  );
  t.match(properties, { Slice: 'a.slice', Delegate: true, PIDs: [42], DefaultDependencies: false, IOAccounting: true });
});
