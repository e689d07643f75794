/**
 * What our shim and containerd's do with cgroups, on the same runtime: where they put themselves, metrics, and want of memory.
 * It depends on the version of cgroups: the virtual machine has the other one than most build machines.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { cgroupDirectory, readHierarchies } from '../../packages/linux/src/cgroups/hierarchies.ts';
import { isAlive } from '../../packages/linux/src/process.ts';
import { jsonAny, jsonTypes, packAny } from '../../packages/rpc/src/any.ts';
import { Metrics as MetricsV1 } from '../../packages/rpc/src/generated/cgroups_v1.ts';
import { Metrics as MetricsV2 } from '../../packages/rpc/src/generated/cgroups_v2.ts';
import { Any } from '../../packages/rpc/src/generated/google.ts';
import { Options } from '../../packages/rpc/src/generated/runc_options.ts';
import { until } from '../support/run.ts';
import { compare, eventsUpTo } from '../support/shim-compare.ts';
import { outcome } from '../support/shim-place.ts';

/** Whether this machine limits swap: else a container in want of memory is swapped out. */
const isSwapLimited =
  existsSync('/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes') || existsSync('/sys/fs/cgroup/cgroup.controllers');

compare('the cgroup of the shim, and its score for the kernel', async (place, t) => {
  const path = `/shim-cgroup-${process.pid}`;
  const hierarchies = readHierarchies().list.filter(({ name }) => ['', 'pids', 'memory'].includes(name));
  const directories = hierarchies.map((hierarchy) => cgroupDirectory(hierarchy, path));
  place.bundle('c', 'true');
  place.bundle('d', 'true');
  const options = { ...place.options, shimCgroup: path };
  const failed = place.call('c', ['start'], Any.encode(packAny(Options, options)));
  t.match(failed, { status: 1 });
  const failure = `${failed.stdout}${failed.stderr}`.trim().replace(/^\S+: /, '');
  for (const directory of directories) mkdirSync(directory);
  const { task } = await place.start('d', options);
  const { shimPid } = await task.connect({ id: '' });
  const own = Number(readFileSync('/proc/self/oom_score_adj', 'utf8'));
  const file = `/proc/${shimPid}/oom_score_adj`;
  await until('its score is set', () => Number(readFileSync(file, 'utf8')) !== own);
  const told = [
    failure,
    readFileSync(`/proc/${shimPid}/cgroup`, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith(path)).length,
    Number(readFileSync(file, 'utf8')) - own,
  ];
  await task.shutdown({ id: 'd' });
  await until('it has ended', () => !isAlive(shimPid));
  // The dead count until their parent, which is not this test, has asked for them.
  for (const directory of directories) await until(`${directory} is empty`, () => isRemoved(directory));
  return told;
});

compare('metrics: of which kind, and what does not change of them', async (place) => {
  place.bundle('c', 'sleep 100', (spec) => {
    spec.linux.resources = { memory: { limit: 64 << 20 }, pids: { limit: 50 } } as never;
  });
  const { task } = await place.start('c');
  await task.create(place.request('c'));
  await task.start({ id: 'c' });
  const { stats } = await task.stats({ id: 'c' });
  const value = stats?.value ?? new Uint8Array(0);
  const told: unknown[] = [stats?.typeUrl];
  if (stats?.typeUrl === MetricsV1.typeName) {
    const { pids, memory, memoryOomControl, cpu } = MetricsV1.decode(value);
    told.push(pids, memory?.usage?.limit, memoryOomControl, (cpu?.usage?.total ?? 0) > 0);
  } else {
    const { pids, memory, memoryEvents, cpu } = MetricsV2.decode(value);
    told.push(pids, memory?.usageLimit, memoryEvents, (cpu?.usageUsec ?? 0) > 0);
  }
  told.push((await outcome(task.stats({ id: 'none' }))) as string);
  await task.kill({ id: 'c', signal: 9 });
  await task.wait({ id: 'c' });
  await task.delete({ id: 'c' });
  return told;
});

compare('want of memory is told as it happens', async (place) => {
  place.bundle('c', 'sleep 100', (spec) => {
    const limit = 16 << 20;
    spec.linux.resources = { memory: { limit, ...(isSwapLimited ? { swap: limit } : {}) } } as never;
  });
  const { task } = await place.start('c');
  await task.create(place.request('c'));
  await task.start({ id: 'c' });
  const process = { args: ['busybox', 'tail', '/dev/zero'], cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 } };
  await task.exec({ id: 'c', execId: 'e', spec: jsonAny(jsonTypes.process, process) });
  await task.start({ id: 'c', execId: 'e' });
  const told: unknown[] = [await task.wait({ id: 'c', execId: 'e' })];
  await until('it is told', () => place.events.some(({ topic }) => topic === '/tasks/oom'));
  told.push(await outcome(task.state({ id: 'c' })));
  told.push(await task.delete({ id: 'c', execId: 'e' }));
  await task.kill({ id: 'c', signal: 9 });
  await task.wait({ id: 'c' });
  await task.delete({ id: 'c' });
  const topics = await eventsUpTo(place, '/tasks/delete');
  return [...told, topics.sort()];
});

/** Removes a cgroup, unless it has processes. */
function isRemoved(cgroup: string): boolean {
  try {
    rmdirSync(cgroup);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false;
    throw error;
  }
}
