/** `tree`: how what runs hangs together: namespaces, containers, their shims, their processes. */

import { readdirSync, readFileSync } from 'node:fs';
import { listContainers } from '@drydock/rpc/container-list';
import { isKind } from '@drydock/rpc/errors';
import type { Container } from '@drydock/rpc/generated/containers';
import { command } from '../command.ts';
import { Supervisor } from '../context.ts';
import { statusText } from '../run/status-text.ts';
import { findShim } from '../shim/find.ts';

export const treeCommand = command(
  'tree',
  'containers with their shims and processes',
  (argv) => argv.option('all', { alias: 'A', type: 'boolean', default: false, describe: 'of all namespaces' }),
  async (supervisor, { all }) => {
    const names = all
      ? (await supervisor.namespaces.list({})).namespaces.map(({ name }) => name)
      : [supervisor.namespace];
    const children = childrenOfAll();
    for (const namespace of names) {
      const scope = new Supervisor({ address: '', namespace }, undefined, supervisor.channel);
      console.log(namespace);
      const containers = await listContainers(scope.containers);
      for (const [index, container] of containers.entries())
        await printContainer(scope, container, { isLast: index === containers.length - 1, children });
    }
  },
);

interface Place {
  readonly isLast: boolean;
  readonly children: ReadonlyMap<number, readonly number[]>;
}

async function printContainer(
  supervisor: Supervisor,
  { id, image }: Container,
  { isLast, children }: Place,
): Promise<void> {
  const answer = await supervisor.tasks.get({ containerId: id }).catch((error: unknown) => {
    if (isKind(error, 'not found')) return undefined;
    throw error;
  });
  const task = answer?.process;
  const state = task === undefined ? 'no task' : statusText(task.status).toLowerCase();
  console.log(`${isLast ? '└─' : '├─'} ${id}  ${image || '-'}  ${state}`);
  if (task === undefined) return;
  const indent = isLast ? '   ' : '│  ';
  const shim = shimOf(supervisor.namespace, id, task.pid);
  console.log(`${indent}└─ ${shim === undefined ? 'no shim' : `${shim.pid} ${commandLine(shim.pid)}  ${shim.socket}`}`);
  if (task.pid > 0 && commandLine(task.pid) !== '') printProcess(task.pid, `${indent}   `, children);
}

function printProcess(pid: number, indent: string, children: Place['children']): void {
  console.log(`${indent}└─ ${pid} ${commandLine(pid)}`);
  for (const child of children.get(pid) ?? []) printProcess(child, `${indent}   `, children);
}

function shimOf(namespace: string, id: string, pid: number): ReturnType<typeof findShim> | undefined {
  try {
    return findShim(namespace, id, pid);
  } catch {
    return undefined;
  }
}

/** The children of each process of the machine. */
function childrenOfAll(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    // Behind the name, which may hold anything (proc(5), /proc/pid/stat).
    const parent = Number(text(`/proc/${name}/stat`).split(') ').at(-1)?.split(' ')[1] ?? 0);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  return children;
}

function commandLine(pid: number): string {
  return text(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 100);
}

/** A file of /proc; empty if its process has ended. */
function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
