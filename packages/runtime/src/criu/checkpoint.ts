/** Writes a running container's processes to files (criu.org). */
import { closeFile, makeDirectories, Open, openDirectory, openFile, readText, writeFile } from '@drydock/linux/disk';
import { errnoText } from '@drydock/linux/errno';
import { trySyscall } from '@drydock/linux/syscall';
import { parseSpec } from '@drydock/oci/runtime-spec';
import type { Container } from '../container/container.ts';
import { linkTarget } from '../container/link.ts';
import { Failure } from '../failure.ts';
import { cgroupMounts, descriptorsFile, hostMounts, joinedNamespaces, maskedFiles } from './external.ts';
import type { CriuFlags, PageServer } from './flags.ts';
import type { Options } from './messages.ts';
import { checkFeature, checkVersion, work } from './request.ts';

export interface CheckpointOptions extends CriuFlags {
  readonly criu: string;
  readonly leaveRunning: boolean;
  readonly preDump: boolean;
  readonly linkRemap: boolean;
  readonly tcpSkipInFlight: boolean;
  /** Relative to the images. */
  readonly parentPath: string;
  readonly pageServer: PageServer | undefined;
  /** Gets a zero byte when pages can be asked for; -1 if nobody wants to know. */
  readonly statusFd: number;
}

/** Dumps; afterwards the processes are gone unless they are to go on. Throws {@link Failure} with criu's reason. */
export async function checkpoint(container: Container, options: CheckpointOptions): Promise<void> {
  const { criu, imagePath, workPath, preDump, statusFd } = options;
  const version = await checkVersion(criu);
  const images = openFile(imagePath, openDirectory);
  const workDirectory = workPath ? openWork(workPath) : undefined;
  try {
    const request = dumpOptions(container, options, { images, workDirectory, version });
    if (preDump) await checkFeature(criu, request, { memTrack: true });
    if (options.lazyPages) {
      await checkFeature(criu, request, { lazyPages: true });
      checkStatus(statusFd);
    }
    if (!preDump) writeFile(`${imagePath}/${descriptorsFile}`, JSON.stringify(stdioOf(container.pid)));
    await work({
      criu,
      type: preDump ? 'PRE_DUMP' : 'DUMP',
      options: request,
      workPath,
      notified: async ({ script }) => {
        if (script === 'status-ready' && statusFd >= 0) tellStatus(statusFd);
      },
    });
  } finally {
    for (const descriptor of [images, workDirectory]) if (descriptor !== undefined) closeFile(descriptor);
  }
}

/** Makes the directory for logs if it is not there. */
export function openWork(path: string): number {
  makeDirectories(path, 0o700);
  return openFile(path, openDirectory);
}

interface Opened {
  readonly images: number;
  readonly workDirectory: number | undefined;
  readonly version: number;
}

function dumpOptions(
  container: Container,
  options: CheckpointOptions,
  { images, workDirectory, version }: Opened,
): Options {
  const { pid, state, cgroup } = container;
  const spec = parseSpec(readText(`${state.bundle}/config.json`));
  const freezer = cgroup.version === 2 ? state.cgroupPaths[''] : state.cgroupPaths.freezer;
  const config = state.annotations['org.criu.config'] ?? '/etc/criu/runc.conf';
  const mounts = options.preDump
    ? []
    : [
        ...hostMounts(spec, state.cgroupPaths, cgroupMounts).map(({ key }) => ({ key, val: key })),
        ...maskedFiles(container, spec),
      ];
  return {
    // criu opens them by /proc/PID/fd of this process.
    imagesDirFd: images,
    ...(workDirectory === undefined ? {} : { workDirFd: workDirectory }),
    pid,
    leaveRunning: options.leaveRunning,
    extUnixSk: options.extUnixSk,
    tcpEstablished: options.tcpEstablished,
    tcpSkipInFlight: options.tcpSkipInFlight,
    shellJob: options.shellJob,
    fileLocks: options.fileLocks,
    linkRemap: options.linkRemap,
    logLevel: 4,
    logFile: 'dump.log',
    ...(options.pageServer ? { pageServer: options.pageServer } : {}),
    notifyScripts: true,
    root: state.rootfs,
    ...(options.parentPath ? { parentImage: options.parentPath, trackMem: true } : {}),
    autoDedup: options.autoDedup,
    externalMounts: mounts,
    manageCgroups: true,
    ...(options.manageCgroupsMode === undefined ? {} : { manageCgroupsMode: options.manageCgroupsMode }),
    external: joinedNamespaces(container, spec),
    emptyNs: options.emptyNs,
    // criu freezes version 2 since 3.14.
    ...(freezer && (cgroup.version === 1 || version >= 31_400) ? { freezeCgroup: freezer } : {}),
    lazyPages: options.lazyPages,
    orphanPtsMaster: true,
    ...(config === '' ? {} : { configFile: config }),
  };
}

/** What the first process's stdio leads to, so that restore knows what to put in its place. */
function stdioOf(pid: number): string[] {
  return [0, 1, 2].map((number) => linkTarget(`/proc/${pid}/fd/${number}`));
}

function checkStatus(descriptor: number): void {
  if (descriptor === -1) return;
  const getFlags = 3;
  const flags = trySyscall('fcntl', descriptor, getFlags);
  const invalid = (why: string) => new Failure(`invalid --status-fd argument ${descriptor}: ${why}`);
  if (flags < 0) throw invalid(errnoText(-flags));
  if ((flags & Open.write) === 0) throw invalid('not writable');
}

function tellStatus(descriptor: number): void {
  trySyscall('write', descriptor, new Uint8Array(1), 1);
  closeFile(descriptor);
}
