/**
 * The command: looked for when the container is made, so that a missing one is an error of `create`; executed when it is
 * started. The words are those of runc and of Go's exec.LookPath, which callers search in.
 */
import { Errno, errnoText } from '@drydock/linux/errno';
import { type Argument, Memory, Slot, stringArray } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import { AT_FDCWD } from './constants.ts';

const statx = { bytes: 256, typeAndMode: 0x3, mode: 28 };
const statfs = { bytes: 120, flags: 80, noexec: { value: 8, text: 'ST_NOEXEC' } };
const executeBits = { value: 0o111, text: '0111' };
/** For one file after another. */
const status = new Memory('status', statx.bytes);
const directoryType = { value: 0o040000n, text: 'S_IFDIR' };
const typeMask = { value: 0o170000n, text: 'S_IFMT' };
const zero = new Memory('zero', 8);

/** What was found, as results of the program. */
export interface Command {
  readonly path: Slot;
  /** Bytes of the path. */
  readonly length: Slot;
}

/** Finds the executable file of `args[0]`; ends the program if there is none. */
export function compileLookUp(program: Program, args: readonly string[], env: readonly string[]): Command {
  program.stage('command', 'process.args');
  const [name = ''] = args;
  const command: Command = { path: new Slot('executable'), length: new Slot('length of executable') };
  const found = program.label();
  if (name.includes('/')) {
    examine(program, name, command, {
      found,
      missing: (errno) => `exec: "${name}": stat ${name}: ${errnoText(errno)}`,
      refused: (why) => `exec: "${name}": permission denied: ${why}`,
    });
  } else {
    for (const directory of searchPath(env)) {
      examine(program, `${directory || '.'}/${name}`, command, { found });
    }
    program.call('compare', [zero, 0, 1, -Errno.ENOENT], {
      failure: () => `exec: "${name}": executable file not found in $PATH`,
    });
  }
  program.place(found);
  checkAccess(program, name, command);
  return command;
}

/** A filesystem without execution, or a file for other users only. */
function checkAccess(program: Program, name: string, command: Command): void {
  const [denied, allowed] = [program.label(), program.label()];
  const refused = (why: string) => ({ failure: () => `exec: "${name}": permission denied: ${why}` });
  program.call('faccessat', [AT_FDCWD, command.path, 1], {
    tolerate: [Errno.EACCES],
    onSuccess: allowed,
    onError: denied,
    failure: (errno) => `exec: "${name}": ${errnoText(errno)}`,
  });
  program.place(denied);
  const filesystem = new Memory('filesystem', statfs.bytes);
  program.call('statfs', [command.path, filesystem], refused('its mode is for other users'));
  program.call('compare', [filesystem.at(statfs.flags), statfs.noexec, 0, -Errno.EACCES], {
    ...refused('it is on a filesystem that is mounted noexec'),
  });
  fail(program, Errno.EACCES, refused('its mode is for other users'));
  program.place(allowed);
}

interface Verdict {
  readonly found: ReturnType<Program['label']>;
  /** The messages if the file is missing, or no executable; without them the next file is tried. */
  readonly missing?: (errno: number) => string;
  readonly refused?: (why: string) => string;
}

/** Takes a file if it is executable by somebody and no directory. */
function examine(program: Program, path: string, command: Command, { found, missing, refused }: Verdict): void {
  const next = program.label();
  const notFound = missing ? { failure: missing } : { tolerate: 'any' as const, onError: next };
  const notTaken = (why: string) =>
    refused ? { failure: () => refused(why) } : { tolerate: 'any' as const, onError: next };
  const is = (mask: Argument, value: Argument, otherwise: number) =>
    [status.at(statx.mode), mask, value, otherwise] as const;
  const [proper, executable] = [program.label(), program.label()];
  program.call('statx', [AT_FDCWD, path, 0, statx.typeAndMode, status], notFound);
  program.call('compare', is(typeMask, directoryType, 1), { onPositive: proper });
  fail(program, Errno.EACCES, notTaken('it is a directory'));
  program.place(proper);
  program.call('compare', is(executeBits, 0, 1), { onPositive: executable });
  fail(program, Errno.EACCES, notTaken('it has no execute bit'));
  program.place(executable);
  choose(program, path, command.path);
  choose(program, Buffer.byteLength(path), command.length, found);
  program.place(next);
}

/** An operation whose result is always the error. */
function fail(program: Program, errno: number, options: Parameters<Program['call']>[2]): void {
  program.call('compare', [zero, 0, 1, -errno], options);
}

/** An operation whose result is a value: an address or a length. */
function choose(program: Program, value: Argument, store: Slot, then?: ReturnType<Program['label']>): void {
  program.call('compare', [zero, 0, 1, value], { store, ...(then ? { onSuccess: then } : {}) });
}

/** Errors of execve(2) that can still happen, with the text that the container's stderr gets. */
const executeErrors = [
  ...[Errno.ENOENT, Errno.EACCES, Errno.ENOEXEC, Errno.EPERM, Errno.ENOMEM, Errno.EINVAL, Errno.ELOOP, Errno.ETXTBSY],
  ...[7, Errno.ENOTDIR, 24, 80],
];

/** What a shell answers for a command that is not there, and for one that is and cannot be executed. */
const exitCodes = { missing: 127, refused: 126 };

/** What the kernel's word alone does not say. */
const remarks: Readonly<Record<number, string>> = { [Errno.ETXTBSY]: ': a process has it open for writing' };

/** The end of the line that standard error gets: text, or what `start` has written. */
export type LineEnd = string | { readonly finding: Memory; readonly length: Slot };

/** Executes the command. If that fails, says so on standard error, and exits with 126 or 127. */
export function compileExecute(
  program: Program,
  command: Command,
  process: { readonly args: readonly string[]; readonly env: readonly string[] },
  lineEnd: LineEnd,
): void {
  const { args, env } = process;
  program.stage('execute', 'process.args');
  const result = new Slot('result');
  const errno = program.keep(new Memory('result', 8, [[0, result]]));
  program.call('execve', [command.path, strings('argv', args), strings('environment', env)], {
    store: result,
    tolerate: 'any',
  });
  const [missing, refused] = [program.label(), program.label()];
  const tell = (why: string, then: ReturnType<Program['label']>) => {
    const end = typeof lineEnd === 'string' ? text(lineEnd) : ([lineEnd.finding, lineEnd.length] as const);
    say(program, [text('exec '), [command.path, command.length], text(`: ${why}`), end], then);
  };
  for (const number of executeErrors) {
    const other = program.label();
    program.call('compare', [errno, -1, -number, 1], { onPositive: other });
    const isMissing = number === Errno.ENOENT || number === Errno.ENOTDIR;
    tell(`${errnoText(number)}${remarks[number] ?? ''}`, isMissing ? missing : refused);
    program.place(other);
  }
  tell('cannot be executed', refused);
  program.place(refused);
  program.call('exit_group', [exitCodes.refused]);
  program.place(missing);
  program.call('exit_group', [exitCodes.missing]);
}

/** Writes to standard error and goes on at `then`, whether anybody reads it or not. */
function say(
  program: Program,
  parts: readonly (readonly [address: Argument, length: Argument])[],
  then: ReturnType<Program['label']>,
): void {
  const vector = new Memory(
    parts.map(([address]) => partText(address)).join(' '),
    parts.length * 16,
    parts.flatMap(([address, length], index) => [[index * 16, address] as const, [index * 16 + 8, length] as const]),
  );
  program.call('writev', [2, vector, parts.length], { tolerate: 'any', onSuccess: then, onError: then });
}

function partText(part: Argument): string {
  if (typeof part === 'string') return JSON.stringify(part);
  return part instanceof Memory || part instanceof Slot ? `<${part.name}>` : '…';
}

function text(value: string): readonly [Argument, Argument] {
  return [value, Buffer.byteLength(value)];
}

/** A long list is only named in a plan. */
function strings(name: string, values: readonly string[]): Memory {
  return stringArray(values, values.length > 6 ? `[${name}, ${values.length} strings]` : undefined);
}

/** The directories of PATH: the last one counts, as for getenv in Go. */
export function searchPath(env: readonly string[]): readonly string[] {
  const path = env.findLast((variable) => variable.startsWith('PATH='))?.slice('PATH='.length);
  return path ? path.split(':') : [];
}
