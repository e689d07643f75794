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

/** How many scripts the kernel follows from one to the next. */
const deepest = 4;
const elfMagic = 0x7f454c46;

/** Where paths are looked for: a descriptor of the container's root, and its working directory. */
interface Place {
  readonly root: number;
  readonly cwd: string;
}

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
      if (head !== undefined) return examine({ root: directory, cwd }, head);
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

/** What is wrong with a file; `depth` ends a row of scripts that are each other's interpreters, as the kernel does. */
function examine(at: Place, head: Buffer, depth = 0): string {
  if (head.length === 0) return ': the file is empty';
  if (head.toString('latin1', 0, 2) === '#!') return examineScript(at, head, depth);
  if (head.length >= 4 && head.readUInt32BE(0) === elfMagic) return examineProgram(at, head);
  return ': it is neither a program nor a script with a #! line';
}

function examineScript(at: Place, head: Buffer, depth: number): string {
  const end = head.indexOf('\n');
  const line = head.toString('utf8', 2, end < 0 ? head.length : end).replace(/^[ \t]+/, '');
  const [interpreter = ''] = line.split(/[ \t]/);
  if (interpreter.trim() === '') return ": the script's first line names no interpreter";
  const what = `: the script's interpreter ${JSON.stringify(interpreter)}`;
  const path = interpreter.startsWith('/') ? interpreter : `${at.cwd}/${interpreter}`;
  const file = openInRoot(at.root, path, Open.path);
  if (file < 0) return `${what} is missing${interpreter.endsWith('\r') ? windows : ''}`;
  try {
    const { type, permissions } = fileStatus(file);
    if (type !== 'file') return `${what} is no file`;
    if ((permissions & executeBits) === 0) return `${what} has no execute bit`;
    if (isOnNoexec(file)) return `${what} is on a filesystem that is mounted noexec`;
  } finally {
    closeFile(file);
  }
  const next = readHead(at.root, path);
  const wrong = next === undefined || depth >= deepest ? '' : examine(at, next, depth + 1);
  return wrong === '' ? '' : `${what}${wrong}`;
}

const windows = ' (its first line ends as in Windows: \\r\\n)';

function examineProgram({ root }: Place, head: Buffer): string {
  if (head.length < 52) return ': the program is cut short';
  const machine = head.readUInt16LE(18);
  if (machine !== here && !(here === 62 && machine === 3))
    return `: the program is for ${machines[machine] ?? `machine ${machine}`}, and this machine is ${machines[here]}`;
  const loader = loaderOf(head);
  if (loader !== undefined && !present(root, loader))
    return `: the program's loader ${JSON.stringify(loader)} is missing`;
  return '';
}

/** The path in PT_INTERP (elf(5)), if it is within the bytes read. */
function loaderOf(head: Buffer): string | undefined {
  const [is64, interpreterType] = [head[4] === 2, 3];
  const word = (at: number) => (is64 ? Number(head.readBigUInt64LE(at)) : head.readUInt32LE(at));
  const table = word(is64 ? 32 : 28);
  const [size, count] = [head.readUInt16LE(is64 ? 54 : 42), head.readUInt16LE(is64 ? 56 : 44)];
  for (let at = table; at < table + size * count && at + size <= head.length; at += size) {
    if (head.readUInt32LE(at) !== interpreterType) continue;
    const offset = word(at + (is64 ? 8 : 4));
    const end = head.indexOf(0, offset);
    return end > offset ? head.toString('utf8', offset, end) : undefined;
  }
  return undefined;
}

/** Whether a file's mount lets nothing be executed (statfs(2)). */
function isOnNoexec(descriptor: number): boolean {
  const [flagsAt, noexec] = [80, 8];
  const status = Buffer.alloc(120);
  return trySyscall('fstatfs', descriptor, status) === 0 && (status.readUInt32LE(flagsAt) & noexec) !== 0;
}

function present(root: number, path: string): boolean {
  const descriptor = openInRoot(root, path, Open.path);
  if (descriptor >= 0) closeFile(descriptor);
  return descriptor >= 0;
}
