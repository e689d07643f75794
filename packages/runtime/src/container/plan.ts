/** What making a container would do: the runtime's own steps, then the program's operations. */

import { parseHierarchies } from '@drydock/linux/cgroups/hierarchies';
import { cgroupAt } from '@drydock/linux/cgroups/open';
import { deviceSettingsV1 } from '@drydock/linux/cgroups/settings-v1';
import { readText } from '@drydock/linux/disk';
import { describeProgram } from '@drydock/linux/program/describe';
import { notifies } from '@drydock/linux/seccomp/profile';
import type { Spec } from '@drydock/oci/runtime-spec';
import { compileCreate, hasCreateHooks } from '../compile/create.ts';
import type { CreateDescriptors, Host } from '../compile/host.ts';
import { makesUserNamespace, namespaceFlags, needsTwoChildren } from '../compile/namespaces.ts';
import { validateSpec } from '../compile/validate.ts';
import { copiedFiles } from './copied-files.ts';
import { absoluteRootfs } from './create.ts';
import { deviceRules } from './device-rules.ts';
import {
  cgroupDirectories,
  mountOf,
  needsHome,
  processFacts,
  seccompFacts,
  sourceFacts,
  targetModes,
} from './facts.ts';
import { homeOf } from './home.ts';
import { hasUserNamespace } from './user-namespace.ts';

/** One step; `branches` name later steps of the program by its own numbers. */
export interface Step {
  readonly stage: string;
  readonly field: string;
  /** The number in the program; absent for what the runtime does itself. */
  readonly index?: number;
  readonly call: string;
  readonly branches: readonly string[];
}

export interface PlanOptions {
  readonly root: string;
  readonly id: string;
  readonly bundle: string;
  readonly spec: Spec;
}

/** Descriptors that a program would get, by what they stand for. */
const fd = { report: 10, go: 11, fifo: 12, console: 13, firstTask: 20, firstNamespace: 40 };

/** The steps of create, up to and with the command. Throws for a configuration that makes no sense. */
export function planContainer({ root, id, bundle, spec }: PlanOptions): readonly Step[] {
  validateSpec(spec);
  const rootfs = absoluteRootfs(bundle, spec);
  const { linux = {}, process = {}, mounts = [] } = spec;
  const mountinfo = readText('/proc/self/mountinfo');
  const hierarchies = parseHierarchies(mountinfo, readText('/proc/self/cgroup'));
  const cgroup = cgroupAt(linux.cgroupsPath || id, hierarchies);
  const namespaces = linux.namespaces ?? [];
  const joined = namespaces.filter(({ path }) => path);
  const controllers = Object.keys(cgroup.paths).filter((name) => name !== '');
  const host: Host<CreateDescriptors> = {
    ...processFacts({ entered: hasUserNamespace(namespaces) }),
    descriptors: {
      report: fd.report,
      go: hasCreateHooks(spec) || makesUserNamespace(namespaces) || notifies(linux.seccomp ?? {}) ? fd.go : undefined,
      fifo: fd.fifo,
      console: process.terminal ? fd.console : undefined,
      tasks: controllers.map((_, index) => fd.firstTask + index),
      namespaces: Object.fromEntries(joined.map(({ type = '' }, index) => [type, fd.firstNamespace + index])),
    },
    cgroup: { version: hierarchies.version, directories: cgroupDirectories(hierarchies, cgroup) },
    rootParent: mountOf(rootfs, mountinfo),
    sources: sourceFacts(mounts),
    prepared: new Map(),
    copied: copiedFiles(rootfs, spec),
    modes: targetModes(rootfs, mounts),
    home: needsHome(process) ? homeOf(process.user?.uid ?? 0, rootfs, mounts) : '',
    seccomp: seccompFacts(linux.seccomp, root),
  };
  const options = { id, preserved: 3, pivot: true, newKeyring: true };
  const own = (stage: string, field: string, call: string): Step => ({ stage, field, call, branches: [] });
  const settings = [
    ...(cgroup.version === 1 ? deviceSettingsV1(deviceRules(linux.resources?.devices)) : []),
    ...cgroup.plan(linux.resources ?? {}),
  ];
  return [
    own('runtime', '', `mkdir ${root}/${id}`),
    ...[...new Set(Object.values(cgroup.paths))].map((path) => own('runtime', 'linux.cgroupsPath', `mkdir ${path}`)),
    ...settings.map(({ controller, file, value }) =>
      own(
        'runtime',
        'linux.resources',
        `write ${JSON.stringify(value)} to ${cgroup.paths[controller] ?? cgroup.paths['']}/${file}`,
      ),
    ),
    ...joined.map(({ type, path }) => own('runtime', 'linux.namespaces', `open ${path} (${type})`)),
    own('runtime', '', `mkfifo ${root}/${id}/exec.fifo`),
    own('runtime', 'linux.namespaces', `clone3(${cloneText(spec)})`),
    ...describeProgram(compileCreate({ spec, rootfs, options }, host)).map((line, index) => ({ ...line, index })),
  ];
}

/** The steps for people: grouped by stage, with the fields at the right. */
export function planText(steps: readonly Step[]): string {
  let stage = '';
  const lines: string[] = [];
  for (const step of steps) {
    if (step.stage !== stage) lines.push(`${lines.length > 0 ? '\n' : ''}# ${step.stage}`);
    stage = step.stage;
    const number = step.index === undefined ? '    ' : String(step.index).padStart(4);
    const branches = step.branches.length > 0 ? `  [${step.branches.join('; ')}]` : '';
    lines.push(`${`${number}  ${step.call}${branches}`.padEnd(100)}${step.field ? `  # ${step.field}` : ''}`.trimEnd());
  }
  return `${lines.join('\n')}\n`;
}

function cloneText({ linux }: Spec): string {
  if (needsTwoChildren(linux?.namespaces ?? [])) return 'CLONE_VM|CLONE_VFORK|CLONE_CLEAR_SIGHAND|CLONE_INTO_CGROUP';
  const made = (linux?.namespaces ?? []).filter(({ path, type }) => !path && type !== 'cgroup');
  const names = made.map(({ type }) => namespaceFlags[type as keyof typeof namespaceFlags].text);
  return ['CLONE_VM', 'CLONE_VFORK', 'CLONE_CLEAR_SIGHAND', 'CLONE_INTO_CGROUP', ...names].join('|');
}
