/** The part of `POST /containers/create` that is about this machine: Docker's HostConfig. */
import { z } from 'zod';
import { boolean, filledList, goObject, integer, list, map, optional, optionalInteger, text, words } from './go.ts';
import { withGoType } from './go-type.ts';

const DeviceMapping = goObject('container.DeviceMapping', {
  PathOnHost: text(),
  PathInContainer: text(),
  CgroupPermissions: text(),
});
const WeightDevice = goObject('blkiodev.WeightDevice', { Path: text(), Weight: integer('uint16') });
const ThrottleDevice = goObject('blkiodev.ThrottleDevice', { Path: text(), Rate: integer('uint64') });
const Ulimit = goObject('units.Ulimit', { Name: text(), Soft: integer(), Hard: integer() });
const PortBinding = goObject('nat.PortBinding', { HostIp: text(), HostPort: text() });
const DeviceRequest = goObject('container.DeviceRequest', {
  Driver: text(),
  Count: integer('int'),
  DeviceIDs: list(z.string()),
  Capabilities: list(z.array(z.string())),
  Options: map(z.string()),
});

/** One of `--mount`. */
export const MountRequest = goObject('mount.Mount', {
  Type: text('mount.Type'),
  Source: text(),
  Target: text(),
  ReadOnly: boolean(),
  Consistency: text('mount.Consistency'),
  BindOptions: optional(
    goObject('mount.BindOptions', {
      Propagation: text('mount.Propagation'),
      NonRecursive: boolean(),
      CreateMountpoint: boolean(),
      ReadOnlyNonRecursive: boolean(),
      ReadOnlyForceRecursive: boolean(),
    }),
  ),
  VolumeOptions: optional(
    goObject('mount.VolumeOptions', {
      NoCopy: boolean(),
      Labels: map(z.string()),
      DriverConfig: optional(goObject('mount.Driver', { Name: text(), Options: map(z.string()) })),
      Subpath: text(),
    }),
  ),
  TmpfsOptions: optional(
    goObject('mount.TmpfsOptions', {
      SizeBytes: integer(),
      Mode: integer('os.FileMode'),
      Options: list(z.array(z.string())),
    }),
  ),
});
export type MountRequest = z.output<typeof MountRequest>;

/** Limits, which `docker update` changes too. */
export const resourceFields = {
  CpuShares: integer(),
  Memory: integer(),
  NanoCpus: integer(),
  CgroupParent: text(),
  BlkioWeight: integer('uint16'),
  BlkioWeightDevice: list(WeightDevice),
  BlkioDeviceReadBps: list(ThrottleDevice),
  BlkioDeviceWriteBps: list(ThrottleDevice),
  BlkioDeviceReadIOps: list(ThrottleDevice),
  BlkioDeviceWriteIOps: list(ThrottleDevice),
  CpuPeriod: integer(),
  CpuQuota: integer(),
  CpuRealtimePeriod: integer(),
  CpuRealtimeRuntime: integer(),
  CpusetCpus: text(),
  CpusetMems: text(),
  Devices: list(DeviceMapping),
  DeviceCgroupRules: list(z.string()),
  DeviceRequests: list(DeviceRequest),
  KernelMemory: integer(),
  KernelMemoryTCP: integer(),
  MemoryReservation: integer(),
  MemorySwap: integer(),
  MemorySwappiness: optionalInteger(),
  OomKillDisable: optional(z.boolean()),
  PidsLimit: optionalInteger(),
  Ulimits: list(Ulimit),
  CpuCount: integer('int'),
  CpuPercent: integer(),
  IOMaximumIOps: integer('uint64'),
  IOMaximumBandwidth: integer('uint64'),
};

export const RestartPolicy = goObject('container.RestartPolicy', {
  Name: text(),
  MaximumRetryCount: integer('int'),
});
export type RestartPolicy = z.output<typeof RestartPolicy>;

export const HostConfig = goObject('container.HostConfig', {
  Binds: list(z.string()),
  ContainerIDFile: text(),
  LogConfig: optional(goObject('container.LogConfig', { Type: text(), Config: map(z.string()) })),
  NetworkMode: text('container.NetworkMode'),
  PortBindings: withGoType(map(filledList(PortBinding)), 'nat.PortMap'),
  RestartPolicy: optional(RestartPolicy),
  AutoRemove: boolean(),
  VolumeDriver: text(),
  VolumesFrom: list(z.string()),
  ConsoleSize: optional(withGoType(z.array(z.number().int().nonnegative()).length(2), '[2]uint')),
  Annotations: map(z.string()),
  CapAdd: words(),
  CapDrop: words(),
  CgroupnsMode: text('container.CgroupnsMode'),
  Dns: list(z.string()),
  DnsOptions: list(z.string()),
  DnsSearch: list(z.string()),
  ExtraHosts: list(z.string()),
  GroupAdd: list(z.string()),
  IpcMode: text('container.IpcMode'),
  Cgroup: text('container.CgroupSpec'),
  Links: list(z.string()),
  OomScoreAdj: integer('int'),
  PidMode: text('container.PidMode'),
  Privileged: boolean(),
  PublishAllPorts: boolean(),
  ReadonlyRootfs: boolean(),
  SecurityOpt: list(z.string()),
  StorageOpt: map(z.string()),
  Tmpfs: map(z.string()),
  UTSMode: text('container.UTSMode'),
  UsernsMode: text('container.UsernsMode'),
  ShmSize: integer(),
  Sysctls: map(z.string()),
  Runtime: text(),
  Isolation: text('container.Isolation'),
  ...resourceFields,
  Mounts: list(MountRequest),
  MaskedPaths: list(z.string()),
  ReadonlyPaths: list(z.string()),
  Init: optional(z.boolean()),
});
export type HostConfig = z.output<typeof HostConfig>;

/** The body of `POST /containers/{id}/update`. */
export const UpdateConfig = goObject('container.UpdateConfig', {
  ...resourceFields,
  RestartPolicy: optional(RestartPolicy),
});
export type UpdateConfig = z.output<typeof UpdateConfig>;
