// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Any, Timestamp } from './google.ts';

export const Status = {
  UNKNOWN: 0,
  CREATED: 1,
  RUNNING: 2,
  STOPPED: 3,
  PAUSED: 4,
  PAUSING: 5,
} as const;

export interface Process {
  containerId: string;
  id: string;
  pid: number;
  status: number;
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
  exitStatus: number;
  exitedAt: Timestamp | undefined;
}
export const Process: Codec<Process> = message<Process>('containerd.v1.types.Process', [
  [1, 'containerId', 'string'],
  [2, 'id', 'string'],
  [3, 'pid', 'uint32'],
  [4, 'status', 'int32'],
  [5, 'stdin', 'string'],
  [6, 'stdout', 'string'],
  [7, 'stderr', 'string'],
  [8, 'terminal', 'bool'],
  [9, 'exitStatus', 'uint32'],
  [10, 'exitedAt', () => Timestamp],
]);

export interface ProcessInfo {
  pid: number;
  info: Any | undefined;
}
export const ProcessInfo: Codec<ProcessInfo> = message<ProcessInfo>('containerd.v1.types.ProcessInfo', [
  [1, 'pid', 'uint32'],
  [2, 'info', () => Any],
]);
