/** What compiling needs to know of the machine and of this invocation: facts only, so that it stays a pure function. */

/** Descriptors that the child keeps. */
export interface Descriptors {
  /** The child writes failures and its progress here. */
  readonly report: number;
  /** The child reads a byte here when it waits for the parent; undefined if it never does. */
  readonly go?: number | undefined;
  /** The child reads a byte here wherever it is to stop; undefined if nobody looks on. */
  readonly step?: number | undefined;
  /** A socket to send the terminal's master to, already connected. */
  readonly console?: number | undefined;
  /** `tasks` files of cgroups: the thread that writes 0 to one is in the cgroup. */
  readonly tasks: readonly number[];
  /** Namespaces to join, by the specification's type; `pid` is joined by the launcher. */
  readonly namespaces: Readonly<Record<string, number>>;
}

/** Those of a container's first process, which waits for `start`. */
export interface CreateDescriptors extends Descriptors {
  /** The exec FIFO, open for both directions. */
  readonly fifo: number;
}

/** The host's side of a bind mount. */
export interface SourceFacts {
  readonly kind: 'directory' | 'file' | 'missing';
  readonly procfs: boolean;
}

/** A file of the image that a tmpfs begins with. */
export interface CopiedFile {
  /** Below the mount. */
  readonly path: string;
  readonly kind: 'directory' | 'file' | 'link' | 'fifo';
  readonly mode: number;
  /** As the container's user namespace has it, or -1. */
  readonly uid: number;
  readonly gid: number;
  /** Bytes of a file. */
  readonly size?: number;
  /** Where a link leads. */
  readonly target?: string;
}

/** A copy of a bind mount's source that the parent has made. */
export interface PreparedMount {
  readonly descriptor: number;
  /** Used always, as it has other ids; or only where the child may not get at the source itself. */
  readonly use: 'always' | 'if refused';
}

/** A v1 hierarchy as the container's /sys/fs/cgroup shows it. */
export interface CgroupDirectory {
  /** The directory's name there, such as `cpu,cpuacct`. */
  readonly name: string;
  /** The container's cgroup on the host. */
  readonly source: string;
  /** Options to mount it anew in a cgroup namespace. */
  readonly options: readonly string[];
  /** Other names of it, such as `cpu`. */
  readonly links: readonly string[];
}

export interface Host<D extends Descriptors = Descriptors> {
  readonly machine: 'x64' | 'arm64';
  readonly descriptors: D;
  readonly cgroup: { readonly version: 1 | 2; readonly directories: readonly CgroupDirectory[] };
  /** The highest capability's number. */
  readonly lastCapability: number;
  /** The capabilities that this process could give, as a mask. */
  readonly boundingSet: bigint;
  /** Where the filesystem is mounted that the root filesystem is on. */
  readonly rootParent: string;
  readonly sources: ReadonlyMap<string, SourceFacts>;
  /** By the mount's index in the configuration. */
  readonly prepared: ReadonlyMap<number, PreparedMount>;
  /** What a tmpfs begins with, by the mount's index. */
  readonly copied: ReadonlyMap<number, readonly CopiedFile[]>;
  /** Permissions of directories of the image by path, which a tmpfs there takes over. */
  readonly modes: ReadonlyMap<string, number>;
  /** For 0, 1, 2: whether it is /dev/null, and whose it is. */
  readonly stdio: readonly { readonly null: boolean; readonly uid: number }[];
  /** The user's home directory, for HOME. */
  readonly home: string;
  readonly oomScoreAdj: number;
  /** Whether the parent is not root: then it may only look at a child that allows it. */
  readonly rootless: boolean;
  /** Whether the process is in a user namespace that is not the machine's first one. */
  readonly userNamespace: boolean;
  /** The compiled seccomp filter, and the flags to load it with. */
  readonly seccomp?: { readonly filter: Uint8Array; readonly flags: number } | undefined;
  /** Whether /proc/kcore is there. */
  readonly kcore: boolean;
}

/** What the command line says of a process to start. */
export interface StartOptions {
  readonly id: string;
  /** How many descriptors from 0 on the command gets. */
  readonly preserved: number;
  readonly pivot: boolean;
  readonly newKeyring: boolean;
}
