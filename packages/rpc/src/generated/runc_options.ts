// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';

export interface Options {
  noPivotRoot: boolean;
  noNewKeyring: boolean;
  shimCgroup: string;
  ioUid: number;
  ioGid: number;
  binaryName: string;
  root: string;
  criuPath: string;
  systemdCgroup: boolean;
  criuImagePath: string;
  criuWorkPath: string;
}
export const Options: Codec<Options> = message<Options>('containerd.runc.v1.Options', [
  [1, 'noPivotRoot', 'bool'],
  [2, 'noNewKeyring', 'bool'],
  [3, 'shimCgroup', 'string'],
  [4, 'ioUid', 'uint32'],
  [5, 'ioGid', 'uint32'],
  [6, 'binaryName', 'string'],
  [7, 'root', 'string'],
  [8, 'criuPath', 'string'],
  [9, 'systemdCgroup', 'bool'],
  [10, 'criuImagePath', 'string'],
  [11, 'criuWorkPath', 'string'],
]);

export interface CheckpointOptions {
  exit: boolean;
  openTcp: boolean;
  externalUnixSockets: boolean;
  terminal: boolean;
  fileLocks: boolean;
  emptyNamespaces: string[];
  cgroupsMode: string;
  imagePath: string;
  workPath: string;
}
export const CheckpointOptions: Codec<CheckpointOptions> = message<CheckpointOptions>('containerd.runc.v1.CheckpointOptions', [
  [1, 'exit', 'bool'],
  [2, 'openTcp', 'bool'],
  [3, 'externalUnixSockets', 'bool'],
  [4, 'terminal', 'bool'],
  [5, 'fileLocks', 'bool'],
  [6, 'emptyNamespaces', 'string', 'repeated'],
  [7, 'cgroupsMode', 'string'],
  [8, 'imagePath', 'string'],
  [9, 'workPath', 'string'],
]);

export interface ProcessDetails {
  execId: string;
}
export const ProcessDetails: Codec<ProcessDetails> = message<ProcessDetails>('containerd.runc.v1.ProcessDetails', [
  [1, 'execId', 'string'],
]);
