/** The mount table of a process: /proc/PID/mountinfo (proc_pid_mountinfo(5)). */
import { readFileSync } from 'node:fs';

/** One mount. */
export interface MountEntry {
  readonly id: number;
  readonly parent: number;
  /** `major:minor` of the filesystem. */
  readonly device: string;
  /** The directory of the filesystem that is mounted. */
  readonly root: string;
  readonly mountPoint: string;
  /** Options of this mount, comma separated. */
  readonly options: string;
  /** Propagation and other tagged fields, such as `shared:1`. */
  readonly tags: readonly string[];
  readonly type: string;
  readonly source: string;
  /** Options of the filesystem, comma separated. */
  readonly superOptions: string;
}

/** The mounts that a process sees, in the kernel's order: a mount stands below its parent. */
export function readMountTable(pid: number | 'self' = 'self'): MountEntry[] {
  return parseMountTable(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'));
}

/** Parses the text of a mountinfo file. */
export function parseMountTable(text: string): MountEntry[] {
  return text.split('\n').filter(Boolean).map(parseLine);
}

/** The mount points at and below a directory, the outermost first. */
export function mountPointsBelow(directory: string): string[] {
  const points = readMountTable().map(({ mountPoint }) => mountPoint);
  return [...new Set(points.filter((point) => point === directory || point.startsWith(`${directory}/`)))].sort(
    (a, b) => a.length - b.length,
  );
}

function parseLine(line: string): MountEntry {
  const words = line.split(' ');
  const dash = words.indexOf('-');
  return {
    id: Number(words[0]),
    parent: Number(words[1]),
    device: words[2] ?? '',
    root: unescapeField(words[3] ?? ''),
    mountPoint: unescapeField(words[4] ?? ''),
    options: words[5] ?? '',
    tags: words.slice(6, dash),
    type: words[dash + 1] ?? '',
    source: unescapeField(words[dash + 2] ?? ''),
    superOptions: words[dash + 3] ?? '',
  };
}

/** Space, tab, newline and backslash stand as octal escapes. */
function unescapeField(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
