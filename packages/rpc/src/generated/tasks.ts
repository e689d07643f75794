// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Any, Empty, Timestamp } from './google.ts';
import { Process, ProcessInfo } from './task_types.ts';
import { Descriptor, Metric, Mount } from './types.ts';

export interface CreateRequest {
  containerId: string;
  rootfs: Mount[];
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
  checkpoint: Descriptor | undefined;
  options: Any | undefined;
  runtimePath: string;
}
export const CreateRequest: Codec<CreateRequest> = message<CreateRequest>('containerd.services.tasks.v1.CreateRequest', [
  [1, 'containerId', 'string'],
  [3, 'rootfs', () => Mount, 'repeated'],
  [4, 'stdin', 'string'],
  [5, 'stdout', 'string'],
  [6, 'stderr', 'string'],
  [7, 'terminal', 'bool'],
  [8, 'checkpoint', () => Descriptor],
  [9, 'options', () => Any],
  [10, 'runtimePath', 'string'],
]);

export interface CreateResponse {
  containerId: string;
  pid: number;
}
export const CreateResponse: Codec<CreateResponse> = message<CreateResponse>('containerd.services.tasks.v1.CreateResponse', [
  [1, 'containerId', 'string'],
  [2, 'pid', 'uint32'],
]);

export interface StartRequest {
  containerId: string;
  execId: string;
}
export const StartRequest: Codec<StartRequest> = message<StartRequest>('containerd.services.tasks.v1.StartRequest', [
  [1, 'containerId', 'string'],
  [2, 'execId', 'string'],
]);

export interface StartResponse {
  pid: number;
}
export const StartResponse: Codec<StartResponse> = message<StartResponse>('containerd.services.tasks.v1.StartResponse', [
  [1, 'pid', 'uint32'],
]);

export interface DeleteRequest {
  containerId: string;
}
export const DeleteRequest: Codec<DeleteRequest> = message<DeleteRequest>('containerd.services.tasks.v1.DeleteRequest', [
  [1, 'containerId', 'string'],
]);

export interface DeleteResponse {
  id: string;
  pid: number;
  exitStatus: number;
  exitedAt: Timestamp | undefined;
}
export const DeleteResponse: Codec<DeleteResponse> = message<DeleteResponse>('containerd.services.tasks.v1.DeleteResponse', [
  [1, 'id', 'string'],
  [2, 'pid', 'uint32'],
  [3, 'exitStatus', 'uint32'],
  [4, 'exitedAt', () => Timestamp],
]);

export interface DeleteProcessRequest {
  containerId: string;
  execId: string;
}
export const DeleteProcessRequest: Codec<DeleteProcessRequest> = message<DeleteProcessRequest>('containerd.services.tasks.v1.DeleteProcessRequest', [
  [1, 'containerId', 'string'],
  [2, 'execId', 'string'],
]);

export interface DeleteProcessResponse {
  id: string;
  pid: number;
  exitStatus: number;
  exitedAt: Timestamp | undefined;
}
export const DeleteProcessResponse: Codec<DeleteProcessResponse> = message<DeleteProcessResponse>('containerd.services.tasks.v1.DeleteProcessResponse', [
  [1, 'id', 'string'],
  [2, 'pid', 'uint32'],
  [3, 'exitStatus', 'uint32'],
  [4, 'exitedAt', () => Timestamp],
]);

export interface GetRequest {
  containerId: string;
  execId: string;
}
export const GetRequest: Codec<GetRequest> = message<GetRequest>('containerd.services.tasks.v1.GetRequest', [
  [1, 'containerId', 'string'],
  [2, 'execId', 'string'],
]);

export interface GetResponse {
  process: Process | undefined;
}
export const GetResponse: Codec<GetResponse> = message<GetResponse>('containerd.services.tasks.v1.GetResponse', [
  [1, 'process', () => Process],
]);

export interface ListRequest {
  filter: string;
}
export const ListRequest: Codec<ListRequest> = message<ListRequest>('containerd.services.tasks.v1.ListRequest', [
  [1, 'filter', 'string'],
]);

export interface ListResponse {
  tasks: Process[];
}
export const ListResponse: Codec<ListResponse> = message<ListResponse>('containerd.services.tasks.v1.ListResponse', [
  [1, 'tasks', () => Process, 'repeated'],
]);

export interface KillRequest {
  containerId: string;
  execId: string;
  signal: number;
  all: boolean;
}
export const KillRequest: Codec<KillRequest> = message<KillRequest>('containerd.services.tasks.v1.KillRequest', [
  [1, 'containerId', 'string'],
  [2, 'execId', 'string'],
  [3, 'signal', 'uint32'],
  [4, 'all', 'bool'],
]);

export interface ExecRequest {
  containerId: string;
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
  spec: Any | undefined;
  execId: string;
}
export const ExecRequest: Codec<ExecRequest> = message<ExecRequest>('containerd.services.tasks.v1.ExecRequest', [
  [1, 'containerId', 'string'],
  [2, 'stdin', 'string'],
  [3, 'stdout', 'string'],
  [4, 'stderr', 'string'],
  [5, 'terminal', 'bool'],
  [6, 'spec', () => Any],
  [7, 'execId', 'string'],
]);

export interface ResizePtyRequest {
  containerId: string;
  execId: string;
  width: number;
  height: number;
}
export const ResizePtyRequest: Codec<ResizePtyRequest> = message<ResizePtyRequest>('containerd.services.tasks.v1.ResizePtyRequest', [
  [1, 'containerId', 'string'],
  [2, 'execId', 'string'],
  [3, 'width', 'uint32'],
  [4, 'height', 'uint32'],
]);

export interface CloseIORequest {
  containerId: string;
  execId: string;
  stdin: boolean;
}
export const CloseIORequest: Codec<CloseIORequest> = message<CloseIORequest>('containerd.services.tasks.v1.CloseIORequest', [
  [1, 'containerId', 'string'],
  [2, 'execId', 'string'],
  [3, 'stdin', 'bool'],
]);

export interface PauseRequest {
  containerId: string;
}
export const PauseRequest: Codec<PauseRequest> = message<PauseRequest>('containerd.services.tasks.v1.PauseRequest', [
  [1, 'containerId', 'string'],
]);

export interface ResumeRequest {
  containerId: string;
}
export const ResumeRequest: Codec<ResumeRequest> = message<ResumeRequest>('containerd.services.tasks.v1.ResumeRequest', [
  [1, 'containerId', 'string'],
]);

export interface ListPidsRequest {
  containerId: string;
}
export const ListPidsRequest: Codec<ListPidsRequest> = message<ListPidsRequest>('containerd.services.tasks.v1.ListPidsRequest', [
  [1, 'containerId', 'string'],
]);

export interface ListPidsResponse {
  processes: ProcessInfo[];
}
export const ListPidsResponse: Codec<ListPidsResponse> = message<ListPidsResponse>('containerd.services.tasks.v1.ListPidsResponse', [
  [1, 'processes', () => ProcessInfo, 'repeated'],
]);

export interface CheckpointRequest {
  containerId: string;
  parentCheckpoint: string;
  options: Any | undefined;
}
export const CheckpointRequest: Codec<CheckpointRequest> = message<CheckpointRequest>('containerd.services.tasks.v1.CheckpointRequest', [
  [1, 'containerId', 'string'],
  [2, 'parentCheckpoint', 'string'],
  [3, 'options', () => Any],
]);

export interface CheckpointResponse {
  descriptors: Descriptor[];
}
export const CheckpointResponse: Codec<CheckpointResponse> = message<CheckpointResponse>('containerd.services.tasks.v1.CheckpointResponse', [
  [1, 'descriptors', () => Descriptor, 'repeated'],
]);

export interface UpdateRequest {
  containerId: string;
  resources: Any | undefined;
  annotations: Record<string, string>;
}
export const UpdateRequest: Codec<UpdateRequest> = message<UpdateRequest>('containerd.services.tasks.v1.UpdateRequest', [
  [1, 'containerId', 'string'],
  [2, 'resources', () => Any],
  [3, 'annotations', 'string', 'map'],
]);

export interface MetricsRequest {
  filters: string[];
}
export const MetricsRequest: Codec<MetricsRequest> = message<MetricsRequest>('containerd.services.tasks.v1.MetricsRequest', [
  [1, 'filters', 'string', 'repeated'],
]);

export interface MetricsResponse {
  metrics: Metric[];
}
export const MetricsResponse: Codec<MetricsResponse> = message<MetricsResponse>('containerd.services.tasks.v1.MetricsResponse', [
  [1, 'metrics', () => Metric, 'repeated'],
]);

export interface WaitRequest {
  containerId: string;
  execId: string;
}
export const WaitRequest: Codec<WaitRequest> = message<WaitRequest>('containerd.services.tasks.v1.WaitRequest', [
  [1, 'containerId', 'string'],
  [2, 'execId', 'string'],
]);

export interface WaitResponse {
  exitStatus: number;
  exitedAt: Timestamp | undefined;
}
export const WaitResponse: Codec<WaitResponse> = message<WaitResponse>('containerd.services.tasks.v1.WaitResponse', [
  [1, 'exitStatus', 'uint32'],
  [2, 'exitedAt', () => Timestamp],
]);

export const Tasks = {
  name: 'containerd.services.tasks.v1.Tasks',
  methods: {
    create: { name: 'Create', request: CreateRequest, response: CreateResponse, requestStream: false, responseStream: false },
    start: { name: 'Start', request: StartRequest, response: StartResponse, requestStream: false, responseStream: false },
    delete: { name: 'Delete', request: DeleteRequest, response: DeleteResponse, requestStream: false, responseStream: false },
    deleteProcess: { name: 'DeleteProcess', request: DeleteProcessRequest, response: DeleteProcessResponse, requestStream: false, responseStream: false },
    get: { name: 'Get', request: GetRequest, response: GetResponse, requestStream: false, responseStream: false },
    list: { name: 'List', request: ListRequest, response: ListResponse, requestStream: false, responseStream: false },
    kill: { name: 'Kill', request: KillRequest, response: Empty, requestStream: false, responseStream: false },
    exec: { name: 'Exec', request: ExecRequest, response: Empty, requestStream: false, responseStream: false },
    resizePty: { name: 'ResizePty', request: ResizePtyRequest, response: Empty, requestStream: false, responseStream: false },
    closeIO: { name: 'CloseIO', request: CloseIORequest, response: Empty, requestStream: false, responseStream: false },
    pause: { name: 'Pause', request: PauseRequest, response: Empty, requestStream: false, responseStream: false },
    resume: { name: 'Resume', request: ResumeRequest, response: Empty, requestStream: false, responseStream: false },
    listPids: { name: 'ListPids', request: ListPidsRequest, response: ListPidsResponse, requestStream: false, responseStream: false },
    checkpoint: { name: 'Checkpoint', request: CheckpointRequest, response: CheckpointResponse, requestStream: false, responseStream: false },
    update: { name: 'Update', request: UpdateRequest, response: Empty, requestStream: false, responseStream: false },
    metrics: { name: 'Metrics', request: MetricsRequest, response: MetricsResponse, requestStream: false, responseStream: false },
    wait: { name: 'Wait', request: WaitRequest, response: WaitResponse, requestStream: false, responseStream: false },
  },
} as const;
