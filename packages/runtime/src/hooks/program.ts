/** A hook as a program: stdio on files, perhaps the container's namespaces, then the executable. */
import { errnoText } from '@drydock/linux/errno';
import { Memory, stringArray } from '@drydock/linux/program/operation';
import { Program } from '@drydock/linux/program/program';
import type { Hook } from '@drydock/oci/runtime-spec';
import { compileSession } from '../compile/descriptors.ts';
import { type JoinOptions, joinContainer } from '../compile/exec.ts';

export interface HookFiles {
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
}

/** `inside`: whose namespaces the hook runs in. */
export function compileHook(hook: Hook, env: readonly string[], files: HookFiles, inside?: JoinOptions): Program {
  const { path = '', args = [path] } = hook;
  const program = new Program();
  program.stage('hook', 'hooks');
  program.call('rt_sigprocmask', [{ value: 2, text: 'SIG_SETMASK' }, new Memory('[]', 8), 0, 8]);
  for (const [target, descriptor] of [files.stdin, files.stdout, files.stderr].entries())
    program.call('dup3', [descriptor, target, 0]);
  if (inside !== undefined) joinContainer(program, inside);
  compileSession(program);
  program.call('close_range', [3, 0xffffffff, 4]);
  program.call('execve', [path, stringArray(args), stringArray(env)], {
    failure: (errno) => `fork/exec ${path}: ${errnoText(errno)}`,
  });
  program.call('exit_group', [1]);
  return program;
}
