/** What a container's HostConfig becomes when the engine has filled in its defaults, as `docker inspect` shows it. */
import type { HostConfig } from '../api/schemas/host-config.ts';
import type { Engine } from '../engine.ts';

const maskedPaths = [
  '/proc/asound', '/proc/acpi', '/proc/interrupts', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list',
  '/proc/timer_stats', '/proc/sched_debug', '/proc/scsi', '/sys/firmware', '/sys/devices/virtual/powercap',
]; // biome-ignore format: a table
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

export function completeHostConfig({ config, host }: Pick<Engine, 'config' | 'host'>, asked: HostConfig): HostConfig {
  const privileged = asked.Privileged;
  return {
    ...asked,
    NetworkMode: asked.NetworkMode || 'default',
    RestartPolicy: asked.RestartPolicy?.Name
      ? asked.RestartPolicy
      : { Name: 'no', MaximumRetryCount: asked.RestartPolicy?.MaximumRetryCount ?? 0 },
    LogConfig: {
      Type: asked.LogConfig?.Type || config.logDriver,
      Config: {
        ...(asked.LogConfig?.Type && asked.LogConfig.Type !== config.logDriver ? {} : config.logOptions),
        ...asked.LogConfig?.Config,
      },
    },
    IpcMode: asked.IpcMode || 'private',
    CgroupnsMode: asked.CgroupnsMode || (host.cgroupVersion === '2' && !privileged ? 'private' : 'host'),
    ShmSize: asked.ShmSize || config.defaultShmSize,
    Runtime: asked.Runtime || config.defaultRuntime,
    ConsoleSize: asked.ConsoleSize ?? [0, 0],
    Dns: asked.Dns ?? [],
    DnsOptions: asked.DnsOptions ?? [],
    DnsSearch: asked.DnsSearch ?? [],
    PortBindings: asked.PortBindings ?? {},
    MemorySwap:
      asked.Memory > 0 && asked.MemorySwap === 0 ? (host.swapLimit ? asked.Memory * 2 : -1) : asked.MemorySwap,
    MemorySwappiness: asked.MemorySwappiness === -1 ? null : asked.MemorySwappiness,
    PidsLimit: asked.PidsLimit === 0 || asked.PidsLimit === -1 ? null : asked.PidsLimit,
    MaskedPaths: asked.MaskedPaths ?? (privileged ? null : maskedPaths),
    ReadonlyPaths: asked.ReadonlyPaths ?? (privileged ? null : readonlyPaths),
  };
}
