// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Any, Empty, Timestamp } from './google.ts';
import { ProcessInfo } from './task_types.ts';
import { Mount } from './types.ts';

export interface StateRequest {
  id: string;
  execId: string;
}
export const StateRequest: Codec<StateRequest> = message<StateRequest>('containerd.task.v2.StateRequest', [
  [1, 'id', 'string'],
  [2, 'execId', 'string'],
]);

export interface StateResponse {
  id: string;
  bundle: string;
  pid: number;
  status: number;
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
  exitStatus: number;
  exitedAt: Timestamp | undefined;
  execId: string;
}
export const StateResponse: Codec<StateResponse> = message<StateResponse>('containerd.task.v2.StateResponse', [
  [1, 'id', 'string'],
  [2, 'bundle', 'string'],
  [3, 'pid', 'uint32'],
  [4, 'status', 'int32'],
  [5, 'stdin', 'string'],
  [6, 'stdout', 'string'],
  [7, 'stderr', 'string'],
  [8, 'terminal', 'bool'],
  [9, 'exitStatus', 'uint32'],
  [10, 'exitedAt', () => Timestamp],
  [11, 'execId', 'string'],
]);

export interface CreateRequest {
  id: string;
  bundle: string;
  rootfs: Mount[];
  terminal: boolean;
  stdin: string;
  stdout: string;
  stderr: string;
  checkpoint: string;
  parentCheckpoint: string;
  options: Any | undefined;
}
export const CreateRequest: Codec<CreateRequest> = message<CreateRequest>('containerd.task.v2.CreateRequest', [
  [1, 'id', 'string'],
  [2, 'bundle', 'string'],
  [3, 'rootfs', () => Mount, 'repeated'],
  [4, 'terminal', 'bool'],
  [5, 'stdin', 'string'],
  [6, 'stdout', 'string'],
  [7, 'stderr', 'string'],
  [8, 'checkpoint', 'string'],
  [9, 'parentCheckpoint', 'string'],
  [10, 'options', () => Any],
]);

export interface CreateResponse {
  pid: number;
}
export const CreateResponse: Codec<CreateResponse> = message<CreateResponse>('containerd.task.v2.CreateResponse', [
  [1, 'pid', 'uint32'],
]);

export interface StartRequest {
  id: string;
  execId: string;
}
export const StartRequest: Codec<StartRequest> = message<StartRequest>('containerd.task.v2.StartRequest', [
  [1, 'id', 'string'],
  [2, 'execId', 'string'],
]);

export interface StartResponse {
  pid: number;
}
export const StartResponse: Codec<StartResponse> = message<StartResponse>('containerd.task.v2.StartResponse', [
  [1, 'pid', 'uint32'],
]);

export interface DeleteRequest {
  id: string;
  execId: string;
}
export const DeleteRequest: Codec<DeleteRequest> = message<DeleteRequest>('containerd.task.v2.DeleteRequest', [
  [1, 'id', 'string'],
  [2, 'execId', 'string'],
]);

export interface DeleteResponse {
  pid: number;
  exitStatus: number;
  exitedAt: Timestamp | undefined;
}
export const DeleteResponse: Codec<DeleteResponse> = message<DeleteResponse>('containerd.task.v2.DeleteResponse', [
  [1, 'pid', 'uint32'],
  [2, 'exitStatus', 'uint32'],
  [3, 'exitedAt', () => Timestamp],
]);

export interface PidsRequest {
  id: string;
}
export const PidsRequest: Codec<PidsRequest> = message<PidsRequest>('containerd.task.v2.PidsRequest', [
  [1, 'id', 'string'],
]);

export interface PidsResponse {
  processes: ProcessInfo[];
}
export const PidsResponse: Codec<PidsResponse> = message<PidsResponse>('containerd.task.v2.PidsResponse', [
  [1, 'processes', () => ProcessInfo, 'repeated'],
]);

export interface PauseRequest {
  id: string;
}
export const PauseRequest: Codec<PauseRequest> = message<PauseRequest>('containerd.task.v2.PauseRequest', [
  [1, 'id', 'string'],
]);

export interface ResumeRequest {
  id: string;
}
export const ResumeRequest: Codec<ResumeRequest> = message<ResumeRequest>('containerd.task.v2.ResumeRequest', [
  [1, 'id', 'string'],
]);

export interface CheckpointRequest {
  id: string;
  path: string;
  options: Any | undefined;
}
export const CheckpointRequest: Codec<CheckpointRequest> = message<CheckpointRequest>('containerd.task.v2.CheckpointRequest', [
  [1, 'id', 'string'],
  [2, 'path', 'string'],
  [3, 'options', () => Any],
]);

export interface KillRequest {
  id: string;
  execId: string;
  signal: number;
  all: boolean;
}
export const KillRequest: Codec<KillRequest> = message<KillRequest>('containerd.task.v2.KillRequest', [
  [1, 'id', 'string'],
  [2, 'execId', 'string'],
  [3, 'signal', 'uint32'],
  [4, 'all', 'bool'],
]);

export interface ExecRequest {
  id: string;
  execId: string;
  terminal: boolean;
  stdin: string;
  stdout: string;
  stderr: string;
  spec: Any | undefined;
}
export const ExecRequest: Codec<ExecRequest> = message<ExecRequest>('containerd.task.v2.ExecRequest', [
  [1, 'id', 'string'],
  [2, 'execId', 'string'],
  [3, 'terminal', 'bool'],
  [4, 'stdin', 'string'],
  [5, 'stdout', 'string'],
  [6, 'stderr', 'string'],
  [7, 'spec', () => Any],
]);

export interface ResizePtyRequest {
  id: string;
  execId: string;
  width: number;
  height: number;
}
export const ResizePtyRequest: Codec<ResizePtyRequest> = message<ResizePtyRequest>('containerd.task.v2.ResizePtyRequest', [
  [1, 'id', 'string'],
  [2, 'execId', 'string'],
  [3, 'width', 'uint32'],
  [4, 'height', 'uint32'],
]);

export interface CloseIORequest {
  id: string;
  execId: string;
  stdin: boolean;
}
export const CloseIORequest: Codec<CloseIORequest> = message<CloseIORequest>('containerd.task.v2.CloseIORequest', [
  [1, 'id', 'string'],
  [2, 'execId', 'string'],
  [3, 'stdin', 'bool'],
]);

export interface UpdateRequest {
  id: string;
  resources: Any | undefined;
  annotations: Record<string, string>;
}
export const UpdateRequest: Codec<UpdateRequest> = message<UpdateRequest>('containerd.task.v2.UpdateRequest', [
  [1, 'id', 'string'],
  [2, 'resources', () => Any],
  [3, 'annotations', 'string', 'map'],
]);

export interface WaitRequest {
  id: string;
  execId: string;
}
export const WaitRequest: Codec<WaitRequest> = message<WaitRequest>('containerd.task.v2.WaitRequest', [
  [1, 'id', 'string'],
  [2, 'execId', 'string'],
]);

export interface WaitResponse {
  exitStatus: number;
  exitedAt: Timestamp | undefined;
}
export const WaitResponse: Codec<WaitResponse> = message<WaitResponse>('containerd.task.v2.WaitResponse', [
  [1, 'exitStatus', 'uint32'],
  [2, 'exitedAt', () => Timestamp],
]);

export interface StatsRequest {
  id: string;
}
export const StatsRequest: Codec<StatsRequest> = message<StatsRequest>('containerd.task.v2.StatsRequest', [
  [1, 'id', 'string'],
]);

export interface StatsResponse {
  stats: Any | undefined;
}
export const StatsResponse: Codec<StatsResponse> = message<StatsResponse>('containerd.task.v2.StatsResponse', [
  [1, 'stats', () => Any],
]);

export interface ConnectRequest {
  id: string;
}
export const ConnectRequest: Codec<ConnectRequest> = message<ConnectRequest>('containerd.task.v2.ConnectRequest', [
  [1, 'id', 'string'],
]);

export interface ConnectResponse {
  shimPid: number;
  taskPid: number;
  version: string;
}
export const ConnectResponse: Codec<ConnectResponse> = message<ConnectResponse>('containerd.task.v2.ConnectResponse', [
  [1, 'shimPid', 'uint32'],
  [2, 'taskPid', 'uint32'],
  [3, 'version', 'string'],
]);

export interface ShutdownRequest {
  id: string;
  now: boolean;
}
export const ShutdownRequest: Codec<ShutdownRequest> = message<ShutdownRequest>('containerd.task.v2.ShutdownRequest', [
  [1, 'id', 'string'],
  [2, 'now', 'bool'],
]);

export const Task = {
  name: 'containerd.task.v2.Task',
  methods: {
    state: { name: 'State', request: StateRequest, response: StateResponse, requestStream: false, responseStream: false },
    create: { name: 'Create', request: CreateRequest, response: CreateResponse, requestStream: false, responseStream: false },
    start: { name: 'Start', request: StartRequest, response: StartResponse, requestStream: false, responseStream: false },
    delete: { name: 'Delete', request: DeleteRequest, response: DeleteResponse, requestStream: false, responseStream: false },
    pids: { name: 'Pids', request: PidsRequest, response: PidsResponse, requestStream: false, responseStream: false },
    pause: { name: 'Pause', request: PauseRequest, response: Empty, requestStream: false, responseStream: false },
    resume: { name: 'Resume', request: ResumeRequest, response: Empty, requestStream: false, responseStream: false },
    checkpoint: { name: 'Checkpoint', request: CheckpointRequest, response: Empty, requestStream: false, responseStream: false },
    kill: { name: 'Kill', request: KillRequest, response: Empty, requestStream: false, responseStream: false },
    exec: { name: 'Exec', request: ExecRequest, response: Empty, requestStream: false, responseStream: false },
    resizePty: { name: 'ResizePty', request: ResizePtyRequest, response: Empty, requestStream: false, responseStream: false },
    closeIO: { name: 'CloseIO', request: CloseIORequest, response: Empty, requestStream: false, responseStream: false },
    update: { name: 'Update', request: UpdateRequest, response: Empty, requestStream: false, responseStream: false },
    wait: { name: 'Wait', request: WaitRequest, response: WaitResponse, requestStream: false, responseStream: false },
    stats: { name: 'Stats', request: StatsRequest, response: StatsResponse, requestStream: false, responseStream: false },
    connect: { name: 'Connect', request: ConnectRequest, response: ConnectResponse, requestStream: false, responseStream: false },
    shutdown: { name: 'Shutdown', request: ShutdownRequest, response: Empty, requestStream: false, responseStream: false },
  },
} as const;
