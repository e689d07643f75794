/** What starting another process in a container would do: the runtime's own steps, then the program's operations. */
import { describeProgram } from '@drydock/linux/program/describe';
import type { Process } from '@drydock/oci/runtime-spec';
import { compileExec } from '../compile/exec.ts';
import { validateProcess } from '../compile/validate.ts';
import { Failure } from '../failure.ts';
import type { Container } from './container.ts';
import { execHost } from './exec-host.ts';
import { findingAbout } from './finding.ts';
import { planned } from './plan.ts';
import { type Step, withParent } from './plan-steps.ts';

/** Throws {@link Failure} if the container has stopped: there is nothing to join. */
export function planExec(container: Container, process: Process): readonly Step[] {
  const { pid, state, status } = container;
  if (status === 'stopped') throw new Failure('cannot exec in a stopped container');
  validateProcess(process);
  const namespaces = Object.keys(state.namespaces);
  const twoChildren = namespaces.includes('user');
  const controllers = [...new Set(Object.entries(state.cgroupPaths).flatMap(([name, path]) => (name ? [path] : [])))];
  const unified = state.cgroupPaths[''];
  const host = execHost(container, process, {
    report: planned.report,
    go: state.seccompListener ? planned.go : undefined,
    console: process.terminal ? planned.console : undefined,
    tasks: controllers.map((_, index) => planned.firstTask + index),
    namespaces: {},
  });
  const finding = findingAbout(`/proc/${pid}/root`, process);
  const program = compileExec(
    { process, container: planned.firstNamespace, namespaces, machine: state.machine, preserved: 3, finding },
    host,
  );
  const own = (field: string, call: string): Step => ({ stage: 'runtime', field, call, branches: [] });
  const into = unified === undefined ? '' : '|CLONE_INTO_CGROUP';
  return [
    own('', `pidfd_open(${pid}) = ${planned.firstNamespace}`),
    ...controllers.map((path, index) =>
      own('linux.cgroupsPath', `open ${path}/tasks for writing = ${planned.firstTask + index}`),
    ),
    ...(unified === undefined ? [] : [own('linux.cgroupsPath', `open ${unified}`)]),
    ...(twoChildren || !namespaces.includes('pid') ? [] : [own('linux.namespaces', `setns(/proc/${pid}/ns/pid)`)]),
    own('', `clone3(CLONE_VM|CLONE_VFORK|CLONE_CLEAR_SIGHAND${into})`),
    ...withParent(describeProgram(program), {
      listener: [own('linux.seccomp.listenerPath', `send the listener to ${state.seccompListener?.listenerPath}`)],
      ready: [own('', 'write the pid file')],
    }),
  ];
}
