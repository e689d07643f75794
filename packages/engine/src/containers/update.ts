/** `docker update`: new limits for a container, running or not. */
import { jsonAny, jsonTypes } from '@drydock/rpc/any';
import type { UpdateConfig } from '../api/schemas/host-config.ts';
import type { Engine } from '../engine.ts';
import { badParameter, conflict, messageOf, systemError } from '../errors.ts';
import type { Container } from './container.ts';
import { containerEvent } from './container-event.ts';
import { containerResources } from './spec/resources.ts';
import { validateRestartPolicy } from './validate.ts';
import { validateResources } from './validate-resources.ts';

/** The limits that can be changed; zero leaves them as they are. */
const numbers = [
  'CpuShares',
  'Memory',
  'NanoCpus',
  'BlkioWeight',
  'CpuPeriod',
  'CpuQuota',
  'CpuRealtimePeriod',
  'CpuRealtimeRuntime',
  'MemoryReservation',
  'MemorySwap',
] as const;

/** Changes the limits; answers warnings. */
export function updateContainer(engine: Engine, container: Container, asked: UpdateConfig): Promise<string[]> {
  return container.lock.run(async () => {
    if (container.removing || container.state.status === 'dead')
      throw conflict('Container is marked for removal and cannot be "update".');
    validateRestartPolicy(asked.RestartPolicy);
    if (container.record.hostConfig.AutoRemove && !['', 'no'].includes(asked.RestartPolicy?.Name ?? ''))
      throw badParameter('Restart policy cannot be updated because AutoRemove is enabled for the container');
    const old = container.record.hostConfig;
    const merged = { ...old };
    for (const key of numbers) if (asked[key] !== 0) merged[key] = asked[key];
    if (asked.CpusetCpus !== '') merged.CpusetCpus = asked.CpusetCpus;
    if (asked.CpusetMems !== '') merged.CpusetMems = asked.CpusetMems;
    if (asked.PidsLimit !== null && asked.PidsLimit !== 0)
      merged.PidsLimit = asked.PidsLimit < 0 ? null : asked.PidsLimit;
    if (asked.RestartPolicy?.Name) merged.RestartPolicy = asked.RestartPolicy;
    if (asked.Memory !== 0 && asked.Memory > old.MemorySwap && asked.MemorySwap === 0)
      throw badParameter(
        `Cannot update container ${container.id}: Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time`,
      );
    const warnings = validateResources(merged, engine.host, { update: true });
    if (container.isRunning && container.state.status !== 'restarting') await apply(engine, container, merged);
    container.update({ hostConfig: merged });
    containerEvent(engine, container, 'update');
    return warnings;
  });
}

async function apply(engine: Engine, { id }: Container, limits: Container['record']['hostConfig']): Promise<void> {
  const resources = { ...containerResources(limits), pids: { limit: limits.PidsLimit ?? -1 } };
  try {
    await engine.containerd.tasks.update({ containerId: id, resources: jsonAny(jsonTypes.resources, resources) });
  } catch (error) {
    throw systemError(`Cannot update container ${id}: ${messageOf(error)}`, { cause: error });
  }
}
