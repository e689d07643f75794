/** Limits of a cgroup in the shape of the runtime specification's `linux.resources`; absent or 0 is "leave as it is". */

export interface DeviceRule {
  readonly allow?: boolean;
  /** `a` all, `c` character, `b` block; default all. */
  readonly type?: string;
  /** Absent or -1: every number. */
  readonly major?: number;
  readonly minor?: number;
  /** Of `r`, `w`, `m` (mknod); default all. */
  readonly access?: string;
}

export interface ThrottleDevice {
  readonly major?: number;
  readonly minor?: number;
  readonly rate?: number;
}

export interface WeightDevice {
  readonly major?: number;
  readonly minor?: number;
  readonly weight?: number;
  readonly leafWeight?: number;
}

export interface MemoryResources {
  /** Bytes; -1 is unlimited. */
  readonly limit?: number;
  readonly reservation?: number;
  /** Memory and swap together. */
  readonly swap?: number;
  /** Bytes of buffers of TCP; v1 alone has it. */
  readonly kernelTCP?: number;
  /** 0 to 100. */
  readonly swappiness?: number;
  readonly disableOOMKiller?: boolean;
  /** Refuse a limit below what is in use, instead of having the kernel make room. */
  readonly checkBeforeUpdate?: boolean;
}

export interface CpuResources {
  readonly shares?: number;
  /** Microseconds in a period; -1 is unlimited. */
  readonly quota?: number;
  readonly period?: number;
  readonly burst?: number;
  readonly realtimeRuntime?: number;
  readonly realtimePeriod?: number;
  readonly idle?: number;
  /** Lists such as `0-2,7`. */
  readonly cpus?: string;
  readonly mems?: string;
}

export interface BlockIoResources {
  readonly weight?: number;
  readonly leafWeight?: number;
  readonly weightDevice?: readonly WeightDevice[];
  readonly throttleReadBpsDevice?: readonly ThrottleDevice[];
  readonly throttleWriteBpsDevice?: readonly ThrottleDevice[];
  readonly throttleReadIOPSDevice?: readonly ThrottleDevice[];
  readonly throttleWriteIOPSDevice?: readonly ThrottleDevice[];
}

export interface Resources {
  readonly devices?: readonly DeviceRule[];
  readonly memory?: MemoryResources;
  readonly cpu?: CpuResources;
  /** Negative is unlimited. */
  readonly pids?: { readonly limit?: number };
  readonly blockIO?: BlockIoResources;
  readonly hugepageLimits?: readonly { readonly pageSize?: string; readonly limit?: number }[];
  readonly network?: {
    readonly classID?: number;
    readonly priorities?: readonly { readonly name?: string; readonly priority?: number }[];
  };
  readonly rdma?: Readonly<Record<string, { readonly hcaHandles?: number; readonly hcaObjects?: number }>>;
  /** Files of cgroup v2 by name. */
  readonly unified?: Readonly<Record<string, string>>;
}

/** One value to write to one file of a controller. */
export interface Setting {
  readonly controller: string;
  readonly file: string;
  readonly value: string;
  /** Whether the kernel may have no such file. */
  readonly optional?: boolean;
  /** Whether what the kernel refuses now is tried again when the others are written. */
  readonly perhapsLater?: boolean;
}
