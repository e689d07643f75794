/** The messages of criu's RPC that a runtime needs (criu.org, "RPC"; the numbers are those of criu's rpc.proto). */
import type { Table } from './protobuf.ts';

/** `type` of requests and answers. */
export const RequestType = {
  DUMP: 1,
  RESTORE: 2,
  PRE_DUMP: 4,
  NOTIFY: 6,
  FEATURE_CHECK: 9,
  VERSION: 10,
} as const;

export type RequestName = keyof typeof RequestType;

/** What criu does with cgroups; the words are those of --manage-cgroups-mode. */
export const cgroupModes: Readonly<Record<string, number>> = { ignore: 0, soft: 3, full: 4, strict: 5 };

const features = { memTrack: [1, 'bool'], lazyPages: [2, 'bool'] } as const satisfies Table;
const pair = { key: [1, 'string'], val: [2, 'string'] } as const satisfies Table;

const options = {
  imagesDirFd: [1, 'int'],
  pid: [2, 'int'],
  leaveRunning: [3, 'bool'],
  extUnixSk: [4, 'bool'],
  tcpEstablished: [5, 'bool'],
  evasiveDevices: [6, 'bool'],
  shellJob: [7, 'bool'],
  fileLocks: [8, 'bool'],
  logLevel: [9, 'int'],
  logFile: [10, 'string'],
  pageServer: [11, { address: [1, 'string'], port: [2, 'int'] }],
  notifyScripts: [12, 'bool'],
  root: [13, 'string'],
  parentImage: [14, 'string'],
  trackMem: [15, 'bool'],
  autoDedup: [16, 'bool'],
  workDirFd: [17, 'int'],
  linkRemap: [18, 'bool'],
  externalMounts: [23, pair, 'again'],
  manageCgroups: [24, 'bool'],
  cgroupRoots: [25, { controller: [1, 'string'], path: [2, 'string'] }, 'again'],
  restoreSibling: [26, 'bool'],
  inheritFd: [27, { key: [1, 'string'], fd: [2, 'int'] }, 'again'],
  manageCgroupsMode: [34, 'int'],
  external: [37, 'string', 'again'],
  emptyNs: [38, 'int'],
  joinNs: [39, { ns: [1, 'string'], nsFile: [2, 'string'] }, 'again'],
  freezeCgroup: [44, 'string'],
  tcpSkipInFlight: [46, 'bool'],
  lazyPages: [48, 'bool'],
  statusFd: [49, 'int'],
  orphanPtsMaster: [50, 'bool'],
  configFile: [51, 'string'],
  lsmProfile: [53, 'string'],
  lsmMountContext: [63, 'string'],
} as const satisfies Table;

export const requestTable = {
  type: [1, 'int'],
  options: [2, options],
  notifySuccess: [3, 'bool'],
  features: [5, features],
} as const satisfies Table;

export const responseTable = {
  type: [1, 'int'],
  success: [2, 'bool'],
  restore: [4, { pid: [1, 'int'] }],
  notify: [5, { script: [1, 'string'], pid: [2, 'int'] }],
  errno: [7, 'int'],
  features: [8, features],
  errorMessage: [9, 'string'],
  version: [10, { major: [1, 'int'], minor: [2, 'int'], sublevel: [4, 'int'] }],
} as const satisfies Table;

/** A message by its table. */
type Typed<T> = {
  readonly [N in keyof T]?: T[N] extends readonly [number, infer K, 'again']
    ? readonly TypedKind<K>[]
    : T[N] extends readonly [number, infer K]
      ? TypedKind<K> | undefined
      : never;
};
type TypedKind<K> = K extends 'int' ? number : K extends 'bool' ? boolean : K extends 'string' ? string : Typed<K>;

export type Options = Typed<typeof options>;
export type Features = Typed<typeof features>;
export type Response = Typed<typeof responseTable>;
export type Request = Typed<typeof requestTable>;
