/** The part of `POST /containers/create` that is about this machine: Docker's HostConfig. */
import { z } from 'zod';
import { boolean, filledList, goObject, integer, list, map, optional, text } from './go.ts';

const DeviceMapping = goObject({ PathOnHost: text(), PathInContainer: text(), CgroupPermissions: text() });
const WeightDevice = goObject({ Path: text(), Weight: integer() });
const ThrottleDevice = goObject({ Path: text(), Rate: integer() });
const Ulimit = goObject({ Name: text(), Soft: integer(), Hard: integer() });
const PortBinding = goObject({ HostIp: text(), HostPort: text() });
const DeviceRequest = goObject({
  Driver: text(),
  Count: integer(),
  DeviceIDs: list(z.string()),
  Capabilities: list(z.array(z.string())),
  Options: map(z.string()),
});

/** One of `--mount`. */
export const MountRequest = goObject({
  Type: text(),
  Source: text(),
  Target: text(),
  ReadOnly: boolean(),
  Consistency: text(),
  BindOptions: optional(
    goObject({
      Propagation: text(),
      NonRecursive: boolean(),
      CreateMountpoint: boolean(),
      ReadOnlyNonRecursive: boolean(),
      ReadOnlyForceRecursive: boolean(),
    }),
  ),
  VolumeOptions: optional(
    goObject({
      NoCopy: boolean(),
      Labels: map(z.string()),
      DriverConfig: optional(goObject({ Name: text(), Options: map(z.string()) })),
      Subpath: text(),
    }),
  ),
  TmpfsOptions: optional(goObject({ SizeBytes: integer(), Mode: integer(), Options: list(z.array(z.string())) })),
});
export type MountRequest = z.output<typeof MountRequest>;

/** Limits, which `docker update` changes too. */
export const resourceFields = {
  CpuShares: integer(),
  Memory: integer(),
  NanoCpus: integer(),
  CgroupParent: text(),
  BlkioWeight: integer(),
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
  MemorySwappiness: optional(z.number().int()),
  OomKillDisable: optional(z.boolean()),
  PidsLimit: optional(z.number().int()),
  Ulimits: list(Ulimit),
  CpuCount: integer(),
  CpuPercent: integer(),
  IOMaximumIOps: integer(),
  IOMaximumBandwidth: integer(),
};

export const RestartPolicy = goObject({ Name: text(), MaximumRetryCount: integer() });
export type RestartPolicy = z.output<typeof RestartPolicy>;

export const HostConfig = goObject({
  Binds: list(z.string()),
  ContainerIDFile: text(),
  LogConfig: optional(goObject({ Type: text(), Config: map(z.string()) })),
  NetworkMode: text(),
  PortBindings: map(filledList(PortBinding)),
  RestartPolicy: optional(RestartPolicy),
  AutoRemove: boolean(),
  VolumeDriver: text(),
  VolumesFrom: list(z.string()),
  ConsoleSize: optional(z.array(z.number().int().nonnegative()).length(2)),
  Annotations: map(z.string()),
  CapAdd: list(z.string()),
  CapDrop: list(z.string()),
  CgroupnsMode: text(),
  Dns: list(z.string()),
  DnsOptions: list(z.string()),
  DnsSearch: list(z.string()),
  ExtraHosts: list(z.string()),
  GroupAdd: list(z.string()),
  IpcMode: text(),
  Cgroup: text(),
  Links: list(z.string()),
  OomScoreAdj: integer(),
  PidMode: text(),
  Privileged: boolean(),
  PublishAllPorts: boolean(),
  ReadonlyRootfs: boolean(),
  SecurityOpt: list(z.string()),
  StorageOpt: map(z.string()),
  Tmpfs: map(z.string()),
  UTSMode: text(),
  UsernsMode: text(),
  ShmSize: integer(),
  Sysctls: map(z.string()),
  Runtime: text(),
  Isolation: text(),
  ...resourceFields,
  Mounts: list(MountRequest),
  MaskedPaths: list(z.string()),
  ReadonlyPaths: list(z.string()),
  Init: optional(z.boolean()),
});
export type HostConfig = z.output<typeof HostConfig>;

/** The body of `POST /containers/{id}/update`. */
export const UpdateConfig = goObject({ ...resourceFields, RestartPolicy: optional(RestartPolicy) });
export type UpdateConfig = z.output<typeof UpdateConfig>;
