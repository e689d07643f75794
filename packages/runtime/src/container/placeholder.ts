/** A process that does nothing: it holds a namespace or a cgroup until what needs them is there, and then is ended. */
import type { Machine } from '@drydock/linux/program/layout';
import { Memory } from '@drydock/linux/program/operation';
import { Program } from '@drydock/linux/program/program';
import { InitProcess, makePipe } from './init.ts';

/** Starts one in new namespaces (CLONE_NEW… flags). The caller ends it: {@link endPlaceholder}. */
export function startPlaceholder(namespaces = 0): InitProcess {
  const standard = 3;
  const [report, go] = [makePipe(standard), makePipe(standard)];
  const program = new Program();
  program.stage('wait');
  // Until it is killed, or whoever has started it is gone.
  program.call('read', [go.read, new Memory('byte', 8), 1]);
  program.call('exit_group', [0]);
  return InitProcess.start({
    program,
    machine: process.arch as Machine,
    title: ['drydock-runtime', 'hold'],
    namespaces,
    preserved: standard,
    keep: [],
    report,
    go,
  });
}

export function endPlaceholder(placeholder: InitProcess): void {
  placeholder.kill();
  placeholder.close();
}
