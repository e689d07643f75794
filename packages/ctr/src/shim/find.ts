/**
 * Finds a container's shim without asking anybody but the kernel: the parent of the container's first process, or else a
 * process that says in its command line whose shim it is. Its socket is the one that it listens on.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface FoundShim {
  readonly pid: number;
  /** The socket's path; of an abstract one, with `@` in front. */
  readonly socket: string;
}

/** Finds the shim of a container. Throws if there is none. */
export function findShim(namespace: string, id: string, pid: number): FoundShim {
  const candidates = [...(pid > 0 ? [parentOf(pid)] : []), ...shimsNaming(namespace, id)];
  for (const candidate of candidates) {
    const socket = listeningSocket(candidate);
    if (socket !== undefined) return { pid: candidate, socket };
  }
  throw new Error(`fail to connect to container ${id}'s shim`);
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

/** Processes whose command line is a shim's, with `-namespace` and `-id` as given. */
function shimsNaming(namespace: string, id: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const words = read(`/proc/${name}/cmdline`).split('\0');
      const value = (flag: string): string | undefined => words[words.indexOf(flag) + 1];
      const isShim = /(^|\/)containerd-shim/.test(words[0] ?? '');
      return isShim && words.includes('-id') && value('-id') === id && value('-namespace') === namespace;
    })
    .map(Number);
}

/** The path of the unix socket that a process listens on (proc(5), /proc/net/unix: flag 0x10000). */
function listeningSocket(pid: number): string | undefined {
  const inodes = new Set(descriptorsOf(pid).map((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1]));
  for (const line of read(`/proc/${pid}/net/unix`).split('\n').slice(1)) {
    const [, , , flags, , , inode, path] = line.trim().split(/\s+/);
    if (flags === '00010000' && path !== undefined && inodes.has(inode)) return path;
  }
  return undefined;
}

function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    // It ended, or it closed one meanwhile.
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
