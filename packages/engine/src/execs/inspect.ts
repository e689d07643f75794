/** `GET /exec/{id}/json`. */
import type { Exec } from './exec.ts';

export function inspectExec({ record }: Exec): object {
  const [entrypoint = '', ...args] = record.command;
  return {
    ID: record.id,
    Running: record.status === 'running',
    ExitCode: record.exitCode,
    ProcessConfig: {
      tty: record.terminal,
      entrypoint,
      arguments: args,
      privileged: record.privileged,
      ...(record.user === '' ? {} : { user: record.user }),
    },
    OpenStdin: record.attachStdin,
    OpenStderr: record.attachStderr,
    OpenStdout: record.attachStdout,
    CanRemove: false,
    ContainerID: record.containerId,
    DetachKeys: record.detachKeys,
    Pid: record.pid,
  };
}
