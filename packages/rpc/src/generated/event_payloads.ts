// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Any, Timestamp } from './google.ts';
import { Mount } from './types.ts';

export interface TaskCreate {
  containerId: string;
  bundle: string;
  rootfs: Mount[];
  io: TaskIO | undefined;
  checkpoint: string;
  pid: number;
}
export const TaskCreate: Codec<TaskCreate> = message<TaskCreate>('containerd.events.TaskCreate', [
  [1, 'containerId', 'string'],
  [2, 'bundle', 'string'],
  [3, 'rootfs', () => Mount, 'repeated'],
  [4, 'io', () => TaskIO],
  [5, 'checkpoint', 'string'],
  [6, 'pid', 'uint32'],
]);

export interface TaskIO {
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
}
export const TaskIO: Codec<TaskIO> = message<TaskIO>('containerd.events.TaskIO', [
  [1, 'stdin', 'string'],
  [2, 'stdout', 'string'],
  [3, 'stderr', 'string'],
  [4, 'terminal', 'bool'],
]);

export interface TaskStart {
  containerId: string;
  pid: number;
}
export const TaskStart: Codec<TaskStart> = message<TaskStart>('containerd.events.TaskStart', [
  [1, 'containerId', 'string'],
  [2, 'pid', 'uint32'],
]);

export interface TaskExit {
  containerId: string;
  id: string;
  pid: number;
  exitStatus: number;
  exitedAt: Timestamp | undefined;
}
export const TaskExit: Codec<TaskExit> = message<TaskExit>('containerd.events.TaskExit', [
  [1, 'containerId', 'string'],
  [2, 'id', 'string'],
  [3, 'pid', 'uint32'],
  [4, 'exitStatus', 'uint32'],
  [5, 'exitedAt', () => Timestamp],
]);

export interface TaskDelete {
  containerId: string;
  pid: number;
  exitStatus: number;
  exitedAt: Timestamp | undefined;
  id: string;
}
export const TaskDelete: Codec<TaskDelete> = message<TaskDelete>('containerd.events.TaskDelete', [
  [1, 'containerId', 'string'],
  [2, 'pid', 'uint32'],
  [3, 'exitStatus', 'uint32'],
  [4, 'exitedAt', () => Timestamp],
  [5, 'id', 'string'],
]);

export interface TaskOOM {
  containerId: string;
}
export const TaskOOM: Codec<TaskOOM> = message<TaskOOM>('containerd.events.TaskOOM', [
  [1, 'containerId', 'string'],
]);

export interface TaskExecAdded {
  containerId: string;
  execId: string;
}
export const TaskExecAdded: Codec<TaskExecAdded> = message<TaskExecAdded>('containerd.events.TaskExecAdded', [
  [1, 'containerId', 'string'],
  [2, 'execId', 'string'],
]);

export interface TaskExecStarted {
  containerId: string;
  execId: string;
  pid: number;
}
export const TaskExecStarted: Codec<TaskExecStarted> = message<TaskExecStarted>('containerd.events.TaskExecStarted', [
  [1, 'containerId', 'string'],
  [2, 'execId', 'string'],
  [3, 'pid', 'uint32'],
]);

export interface TaskPaused {
  containerId: string;
}
export const TaskPaused: Codec<TaskPaused> = message<TaskPaused>('containerd.events.TaskPaused', [
  [1, 'containerId', 'string'],
]);

export interface TaskResumed {
  containerId: string;
}
export const TaskResumed: Codec<TaskResumed> = message<TaskResumed>('containerd.events.TaskResumed', [
  [1, 'containerId', 'string'],
]);

export interface TaskCheckpointed {
  containerId: string;
  checkpoint: string;
}
export const TaskCheckpointed: Codec<TaskCheckpointed> = message<TaskCheckpointed>('containerd.events.TaskCheckpointed', [
  [1, 'containerId', 'string'],
  [2, 'checkpoint', 'string'],
]);

export interface ContainerCreateRuntime {
  name: string;
  options: Any | undefined;
}
export const ContainerCreateRuntime: Codec<ContainerCreateRuntime> = message<ContainerCreateRuntime>('containerd.events.ContainerCreate.Runtime', [
  [1, 'name', 'string'],
  [2, 'options', () => Any],
]);

export interface ContainerCreate {
  id: string;
  image: string;
  runtime: ContainerCreateRuntime | undefined;
}
export const ContainerCreate: Codec<ContainerCreate> = message<ContainerCreate>('containerd.events.ContainerCreate', [
  [1, 'id', 'string'],
  [2, 'image', 'string'],
  [3, 'runtime', () => ContainerCreateRuntime],
]);

export interface ContainerUpdate {
  id: string;
  image: string;
  labels: Record<string, string>;
  snapshotKey: string;
}
export const ContainerUpdate: Codec<ContainerUpdate> = message<ContainerUpdate>('containerd.events.ContainerUpdate', [
  [1, 'id', 'string'],
  [2, 'image', 'string'],
  [3, 'labels', 'string', 'map'],
  [4, 'snapshotKey', 'string'],
]);

export interface ContainerDelete {
  id: string;
}
export const ContainerDelete: Codec<ContainerDelete> = message<ContainerDelete>('containerd.events.ContainerDelete', [
  [1, 'id', 'string'],
]);

export interface SnapshotPrepare {
  key: string;
  parent: string;
}
export const SnapshotPrepare: Codec<SnapshotPrepare> = message<SnapshotPrepare>('containerd.events.SnapshotPrepare', [
  [1, 'key', 'string'],
  [2, 'parent', 'string'],
]);

export interface SnapshotCommit {
  key: string;
  name: string;
}
export const SnapshotCommit: Codec<SnapshotCommit> = message<SnapshotCommit>('containerd.events.SnapshotCommit', [
  [1, 'key', 'string'],
  [2, 'name', 'string'],
]);

export interface SnapshotRemove {
  key: string;
}
export const SnapshotRemove: Codec<SnapshotRemove> = message<SnapshotRemove>('containerd.events.SnapshotRemove', [
  [1, 'key', 'string'],
]);

export interface ContentDelete {
  digest: string;
}
export const ContentDelete: Codec<ContentDelete> = message<ContentDelete>('containerd.events.ContentDelete', [
  [1, 'digest', 'string'],
]);

export interface NamespaceCreate {
  name: string;
  labels: Record<string, string>;
}
export const NamespaceCreate: Codec<NamespaceCreate> = message<NamespaceCreate>('containerd.events.NamespaceCreate', [
  [1, 'name', 'string'],
  [2, 'labels', 'string', 'map'],
]);

export interface NamespaceUpdate {
  name: string;
  labels: Record<string, string>;
}
export const NamespaceUpdate: Codec<NamespaceUpdate> = message<NamespaceUpdate>('containerd.events.NamespaceUpdate', [
  [1, 'name', 'string'],
  [2, 'labels', 'string', 'map'],
]);

export interface NamespaceDelete {
  name: string;
}
export const NamespaceDelete: Codec<NamespaceDelete> = message<NamespaceDelete>('containerd.events.NamespaceDelete', [
  [1, 'name', 'string'],
]);
