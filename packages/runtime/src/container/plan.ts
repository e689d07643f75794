/** What making a container would do: the runtime's own steps, then the program's operations. */

import { parseHierarchies } from '@drydock/linux/cgroups/hierarchies';
import { cgroupAt } from '@drydock/linux/cgroups/open';
import { deviceSettingsV1 } from '@drydock/linux/cgroups/settings-v1';
import { readText } from '@drydock/linux/disk';
import { describeProgram } from '@drydock/linux/program/describe';
import type { Hooks, Linux, Spec } from '@drydock/oci/runtime-spec';
import { compileCreate, waitsForParent } from '../compile/create.ts';
import { namespaceFlags, needsTwoChildren } from '../compile/namespaces.ts';
import { validateSpec } from '../compile/validate.ts';
import { deviceRules } from './device-rules.ts';
import { gatherHost } from './gather-host.ts';
import { absoluteRootfs } from './initial-state.ts';
import { type Step, withParent } from './plan-steps.ts';

export interface PlanOptions {
  readonly root: string;
  readonly id: string;
  readonly bundle: string;
  readonly spec: Spec;
}

/** Descriptors that a program would get, by what they stand for. */
export const planned = { report: 10, go: 11, fifo: 12, console: 13, firstTask: 20, firstNamespace: 40 };

/** The steps of create, up to and with the command. Throws for a configuration that makes no sense. */
export function planContainer({ root, id, bundle, spec }: PlanOptions): readonly Step[] {
  validateSpec(spec);
  const rootfs = absoluteRootfs(bundle, spec);
  const { linux = {}, process = {} } = spec;
  const mountinfo = readText('/proc/self/mountinfo');
  const hierarchies = parseHierarchies(mountinfo, readText('/proc/self/cgroup'));
  const cgroup = cgroupAt(linux.cgroupsPath || id, hierarchies);
  const namespaces = linux.namespaces ?? [];
  const joined = namespaces.filter(({ path }) => path);
  const { '': _, ...hierarchiesOfV1 } = cgroup.paths;
  const controllers = [...new Set(Object.values(hierarchiesOfV1))];
  const host = gatherHost(
    { root, spec, rootfs, mountinfo, hierarchies, cgroup, prepared: new Map() },
    {
      report: planned.report,
      go: waitsForParent(spec) ? planned.go : undefined,
      fifo: planned.fifo,
      console: process.terminal ? planned.console : undefined,
      tasks: controllers.map((_, index) => planned.firstTask + index),
      namespaces: Object.fromEntries(joined.map(({ type = '' }, index) => [type, planned.firstNamespace + index])),
    },
  );
  const options = { id, preserved: 3, pivot: true, newKeyring: true };
  const own = (field: string, call: string): Step => ({ stage: 'runtime', field, call, branches: [] });
  const settings = [
    ...(cgroup.version === 1 ? deviceSettingsV1(deviceRules(linux.resources?.devices)) : []),
    ...cgroup.plan(linux.resources ?? {}),
  ];
  return [
    own('', `mkdir ${root}/${id}`),
    ...[...new Set(Object.values(cgroup.paths))].map((path) => own('linux.cgroupsPath', `mkdir ${path}`)),
    ...settings.map(({ controller, file, value }) =>
      own(
        'linux.resources',
        `write ${JSON.stringify(value)} to ${cgroup.paths[controller] ?? cgroup.paths['']}/${file}`,
      ),
    ),
    ...joined.map(({ type, path }) => own('linux.namespaces', `open ${path} (${type})`)),
    ...controllers.map((path, index) =>
      own('linux.cgroupsPath', `open ${path}/tasks for writing = ${planned.firstTask + index}`),
    ),
    own('', `mkfifo ${root}/${id}/exec.fifo`),
    own('linux.namespaces', `clone3(${cloneText(spec)})`),
    ...withParent(
      describeProgram(compileCreate({ spec, rootfs, options }, host)),
      parentSteps({ root, id, bundle, spec }),
    ),
  ];
}

/** What the runtime does when the child tells it how far it is. */
function parentSteps({ root, id, spec }: PlanOptions): Readonly<Record<string, readonly Step[]>> {
  const { hooks = {}, linux = {} } = spec;
  const own = (stage: string, field: string, call: string): Step => ({ stage, field, call, branches: [] });
  const mapping = (list: Linux['uidMappings'] = []) =>
    list.map(({ containerID, hostID, size }) => `${containerID ?? 0} ${hostID ?? 0} ${size ?? 0}`).join('; ');
  const run = (stage: string, kind: keyof Hooks, where: string) =>
    (hooks[kind] ?? []).map(({ path }, index) => own(stage, `hooks.${kind}[${index}]`, `run ${path} ${where}`));
  const inside = "in the container's namespaces";
  return {
    mappings: [
      own('runtime', 'linux.uidMappings', `write ${JSON.stringify(mapping(linux.uidMappings))} to /proc/PID/uid_map`),
      own('runtime', 'linux.gidMappings', `write ${JSON.stringify(mapping(linux.gidMappings))} to /proc/PID/gid_map`),
    ],
    hooks: [
      ...run('runtime', 'prestart', 'on the host'),
      ...run('runtime', 'createRuntime', 'on the host'),
      ...run('runtime', 'createContainer', inside),
    ],
    listener: [own('runtime', 'linux.seccomp.listenerPath', `send the listener to ${linux.seccomp?.listenerPath}`)],
    ready: [
      own('runtime', '', `write ${root}/${id}/state.json and the pid file: created`),
      ...run('start by the runtime', 'startContainer', inside),
      own('start by the runtime', '', `write to ${root}/${id}/exec.fifo, remove it: running`),
      ...run('start by the runtime', 'poststart', 'on the host'),
    ],
  };
}

function cloneText({ linux }: Spec): string {
  if (needsTwoChildren(linux?.namespaces ?? [])) return 'CLONE_VM|CLONE_VFORK|CLONE_CLEAR_SIGHAND|CLONE_INTO_CGROUP';
  const made = (linux?.namespaces ?? []).filter(({ path, type }) => !path && type !== 'cgroup');
  const names = made.map(({ type }) => namespaceFlags[type as keyof typeof namespaceFlags].text);
  return ['CLONE_VM', 'CLONE_VFORK', 'CLONE_CLEAR_SIGHAND', 'CLONE_INTO_CGROUP', ...names].join('|');
}
