/** The lines `Name: value` of /proc/PID/status (proc_pid_status(5)). */
import { readText } from '@drydock/linux/disk';

export type StatusFields = Readonly<Record<string, string>>;

export function readStatus(pid: number): StatusFields {
  const lines = readText(`/proc/${pid}/status`).split('\n').filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [
        line.slice(0, colon),
        line
          .slice(colon + 1)
          .trim()
          .replaceAll('\t', ' '),
      ];
    }),
  );
}
