/**
 * What is wrong with a command that execve(2) will refuse. The kernel says "no such file or directory" for a script whose
 * interpreter is missing as for a file that is; here the file is looked at, inside the container's root.
 */
import { closeFile, fileStatus, Open, openDirectory } from '@drydock/linux/disk';
import { trySyscall } from '@drydock/linux/syscall';
import type { Process } from '@drydock/oci/runtime-spec';
import { searchPath } from '../compile/command.ts';
import { openInRoot } from './facts.ts';

/** As much of a file as the kernel reads for a script's first line, and enough for a program's headers. */
const headBytes = 4096;
const executeBits = 0o111;

/** ELF machine numbers (elf(5)) with the names that images use. */
const machines: Readonly<Record<number, string>> = {
  3: '386',
  21: 'ppc64le',
  22: 's390x',
  40: 'arm',
  62: 'amd64',
  183: 'arm64',
  243: 'riscv64',
};
const here = process.arch === 'arm64' ? 183 : 62;

/** What to add to the error, such as `: the script's interpreter "/bin/nosuch" is missing`; '' if nothing is wrong. */
export function findingAbout(root: string, { args = [], env = [], cwd = '/' }: Process): string {
  const [name = ''] = args;
  const candidates = name.includes('/')
    ? [name.startsWith('/') ? name : `${cwd}/${name}`]
    : searchPath(env).map((directory) => `${directory.startsWith('/') ? '' : `${cwd}/`}${directory}/${name}`);
  const directory = trySyscall('openat', -100, root, Open.path | openDirectory, 0);
  // Without root, the process may not be looked at: then nothing is known of the command.
  if (directory < 0) return '';
  try {
    for (const path of candidates) {
      const head = readHead(directory, path);
      if (head !== undefined) return examine(directory, head);
    }
    return '';
  } finally {
    closeFile(directory);
  }
}

/** The beginning of an executable file; undefined if it is none. */
function readHead(root: number, path: string): Buffer | undefined {
  const descriptor = openInRoot(root, path, Open.read | Open.nonblock);
  if (descriptor < 0) return undefined;
  try {
    const { type, permissions } = fileStatus(descriptor);
    if (type !== 'file' || (permissions & executeBits) === 0) return undefined;
    const buffer = Buffer.alloc(headBytes);
    const length = trySyscall('read', descriptor, buffer, headBytes);
    return buffer.subarray(0, Math.max(0, length));
  } finally {
    closeFile(descriptor);
  }
}

function examine(root: number, head: Buffer): string {
  if (head.length === 0) return ': the file is empty';
  if (head.toString('latin1', 0, 2) === '#!') return examineScript(root, head);
  if (head.readUInt32BE(0) === 0x7f454c46) return examineProgram(root, head);
  return ': it is neither a program nor a script with a #! line';
}

function examineScript(root: number, head: Buffer): string {
  const end = head.indexOf('\n');
  const line = head.toString('utf8', 2, end < 0 ? head.length : end).replace(/^[ \t]+/, '');
  const [interpreter = ''] = line.split(/[ \t]/);
  if (interpreter === '') return ": the script's first line names no interpreter";
  if (present(root, interpreter)) return '';
  const missing = `: the script's interpreter ${JSON.stringify(interpreter)} is missing`;
  return interpreter.endsWith('\r') ? `${missing} (its first line ends as in Windows: \\r\\n)` : missing;
}

function examineProgram(root: number, head: Buffer): string {
  if (head.length < 64) return ': the program is cut short';
  const machine = head.readUInt16LE(18);
  if (machine !== here && !(here === 62 && machine === 3))
    return `: the program is for ${machines[machine] ?? `machine ${machine}`}, and this machine is ${machines[here]}`;
  const loader = loaderOf(head);
  if (loader !== undefined && !present(root, loader))
    return `: the program's loader ${JSON.stringify(loader)} is missing`;
  return '';
}

/** The path in PT_INTERP of a 64-bit program, if it is within the bytes read. */
function loaderOf(head: Buffer): string | undefined {
  const [is64, interpreterType] = [head[4] === 2, 3];
  if (!is64) return undefined;
  const table = Number(head.readBigUInt64LE(32));
  const [size, count] = [head.readUInt16LE(54), head.readUInt16LE(56)];
  for (let at = table; at < table + size * count && at + size <= head.length; at += size) {
    if (head.readUInt32LE(at) !== interpreterType) continue;
    const offset = Number(head.readBigUInt64LE(at + 8));
    const end = head.indexOf(0, offset);
    return end > offset ? head.toString('utf8', offset, end) : undefined;
  }
  return undefined;
}

function present(root: number, path: string): boolean {
  const descriptor = openInRoot(root, path, Open.path);
  if (descriptor >= 0) closeFile(descriptor);
  return descriptor >= 0;
}
