/** `docker stats`: measurements of a container, once or every second. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isKind } from '@drydock/rpc/errors';
import { zeroTime } from '../../clock.ts';
import type { Engine } from '../../engine.ts';
import type { Container } from '../container.ts';
import { type Sample, sampleOf } from './sample.ts';

const interval = 1000;
const noCpu = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};
const noBlkio = Object.fromEntries(
  [
    'io_service_bytes',
    'io_serviced',
    'io_queue',
    'io_service_time',
    'io_wait_time',
    'io_merged',
    'io_time',
    'sectors',
  ].map((key) => [`${key}_recursive`, null]),
);

/** A container's measurement with the one before it; zeros for one that does not run. */
export async function statsOnce(
  engine: Engine,
  container: Container,
  { oneShot }: { readonly oneShot: boolean },
): Promise<object> {
  const first = await measure(engine, container);
  if (first === undefined || oneShot) return describe(container, first, undefined);
  await sleep(interval);
  return describe(container, (await measure(engine, container)) ?? first, first);
}

/** A measurement a second, until the signal is aborted. The first has nothing before it. */
export async function* streamStats(engine: Engine, container: Container, signal: AbortSignal): AsyncGenerator<object> {
  let before: Sample | undefined;
  while (!signal.aborted && engine.containers.byId(container.id) !== undefined) {
    const sample = await measure(engine, container);
    yield describe(container, sample, before);
    before = sample;
    await sleep(interval);
  }
}

async function measure({ containerd, host }: Engine, container: Container): Promise<Sample | undefined> {
  if (!container.isRunning || container.state.pid === 0) return undefined;
  try {
    const { metrics } = await containerd.tasks.metrics({ filters: [`id==${container.id}`] });
    const data = metrics[0]?.data;
    return data && sampleOf(data, { cpus: host.cpus, memory: host.memory });
  } catch (error) {
    if (isKind(error, 'not found')) return undefined;
    throw error;
  }
}

function describe({ id, record }: Container, sample: Sample | undefined, before: Sample | undefined): object {
  return {
    read: sample?.read ?? zeroTime,
    preread: before?.read ?? zeroTime,
    pids_stats: sample?.pids ?? {},
    blkio_stats: sample?.blkio ?? noBlkio,
    num_procs: 0,
    storage_stats: {},
    cpu_stats: sample?.cpu ?? noCpu,
    precpu_stats: before?.cpu ?? noCpu,
    memory_stats: sample?.memory ?? {},
    name: `/${record.name}`,
    id,
  };
}
