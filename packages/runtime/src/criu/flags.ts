/** The flags that checkpoint and restore share, and what they mean. */
import { fileStatus, makeDirectories } from '@drydock/linux/disk';
import type { Flag, Flags } from '../cli/flags.ts';
import { explain, Failure } from '../failure.ts';
import { cgroupModes } from './messages.ts';

const bool = (name: string, help: string): Flag => ({ names: [name], kind: 'bool', help });
const text = (name: string, help: string): Flag => ({ names: [name], kind: 'string', help });

export const workPathFlag = text('work-path', 'path for saving work files and logs');

export const sharedFlags: readonly Flag[] = [
  workPathFlag,
  bool('tcp-established', 'allow open tcp connections'),
  bool('ext-unix-sk', 'allow external unix sockets'),
  bool('shell-job', 'allow shell jobs'),
  bool('file-locks', 'handle file locks, for safety'),
  {
    ...text('manage-cgroups-mode', "cgroups mode: 'soft' (default), 'full', 'strict' and 'ignore'"),
    choices: Object.keys(cgroupModes),
  },
  { names: ['empty-ns'], kind: 'list', help: "create a namespace, but don't restore its properties" },
  bool('auto-dedup', 'enable auto deduplication of memory images'),
  bool('lazy-pages', 'use userfaultfd to lazily restore memory pages'),
];

/** What both commands ask criu for. */
export interface CriuFlags {
  readonly imagePath: string;
  readonly workPath: string;
  readonly tcpEstablished: boolean;
  readonly extUnixSk: boolean;
  readonly shellJob: boolean;
  readonly fileLocks: boolean;
  readonly autoDedup: boolean;
  readonly lazyPages: boolean;
  /** Absent: criu's own choice. */
  readonly manageCgroupsMode?: number;
  /** CLONE_NEW… flags. */
  readonly emptyNs: number;
}

const cloneNewnet = 0x40000000;

/** Reads them, and makes the directory for the images. */
export function criuFlags(flags: Flags): CriuFlags {
  const imagePath = flags.text('image-path') || defaultImagePath();
  makeDirectories(imagePath, 0o700);
  const mode = flags.text('manage-cgroups-mode');
  if (mode && cgroupModes[mode] === undefined) throw new Failure('Invalid manage cgroups mode');
  for (const name of flags.list('empty-ns'))
    if (name !== 'network') throw new Failure(`namespace ${JSON.stringify(name)} is not supported`);
  return {
    imagePath,
    workPath: flags.text('work-path') ?? '',
    tcpEstablished: flags.bool('tcp-established'),
    extUnixSk: flags.bool('ext-unix-sk'),
    shellJob: flags.bool('shell-job'),
    fileLocks: flags.bool('file-locks'),
    autoDedup: flags.bool('auto-dedup'),
    lazyPages: flags.bool('lazy-pages'),
    ...(mode ? { manageCgroupsMode: cgroupModes[mode]! } : {}),
    // A runtime manages no network devices: whoever made them does.
    emptyNs: cloneNewnet,
  };
}

function defaultImagePath(): string {
  return `${process.cwd()}/checkpoint`;
}

/** The directory of an earlier dump, relative to the images. */
export function parentPath(flags: Flags, imagePath: string): string {
  const path = flags.text('parent-path') ?? '';
  if (path === '') return '';
  if (path.startsWith('/')) throw new Failure('--parent-path must be relative');
  const whole = `${imagePath}/${path}`;
  try {
    if (fileStatus(whole).type === 'directory') return path;
  } catch (error) {
    throw new Failure(`invalid --parent-path: ${explain(error)}`, { cause: error });
  }
  throw new Failure(`invalid --parent-path: stat ${whole}: not a directory`);
}

export interface PageServer {
  readonly address: string;
  readonly port: number;
}

/** `ADDRESS:PORT`; the address may stand in brackets. */
export function pageServer(value: string | undefined): PageServer | undefined {
  if (!value) return undefined;
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(.+)$/.exec(value) ?? [];
  const address = bracketed ?? plain;
  if (!address) throw new Failure('Use --page-server ADDRESS:PORT to specify page server');
  if (!/^\d{1,5}$/.test(port)) throw new Failure('Invalid port number');
  return { address, port: Number(port) };
}
