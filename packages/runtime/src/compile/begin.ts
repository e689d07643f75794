/** The first operations of every process that the runtime starts: what it is called, who may look at it, its cgroup. */
import { errnoText } from '@drydock/linux/errno';
import { Memory } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import { Pr } from './constants.ts';
import type { Host } from './host.ts';

const sigSetmask: number = 2;
/** The engines ignore these two, and execve would hand that on. */
const ignoredByEngines = { SIGPIPE: 13, SIGXFSZ: 25 };

export function compileBegin(program: Program, host: Host): void {
  program.stage('begin');
  program.call('prctl', [Pr.PR_SET_DUMPABLE, 0, 0, 0, 0]);
  program.call('prctl', [Pr.PR_SET_NAME, 'drydock:init', 0, 0, 0]);
  const byDefault = new Memory('{SIG_DFL}', 32);
  for (const [text, value] of Object.entries(ignoredByEngines))
    program.call('rt_sigaction', [{ value, text }, byDefault, 0, 8]);
  program.call('rt_sigprocmask', [{ value: sigSetmask, text: 'SIG_SETMASK' }, new Memory('[]', 8), 0, 8]);
  program.stage('cgroup', 'linux.cgroupsPath');
  for (const descriptor of host.descriptors.tasks) {
    const failure = (errno: number) => `unable to apply cgroup configuration: failed to write 0: ${errnoText(errno)}`;
    program.call('write', [descriptor, '0', 1], { failure });
  }
}
