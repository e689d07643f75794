/**
 * Notices that the kernel has killed a process of a container for want of memory, without asking again and again: version 1
 * writes to an eventfd that is registered with the cgroup, version 2 changes `memory.events`, which inotify(7) reports.
 */
import { closeFile, exists, Open, openFile, readTextIfPresent, writeExisting } from '@drydock/linux/disk';
import { Errno } from '@drydock/linux/errno';
import { SyscallError, syscall, trySyscall } from '@drydock/linux/syscall';
import { Failure } from '../failure.ts';
import { keyed } from './stats.ts';

const cloexec = 0o2000000;
const inModify = 2;

/** What has happened: a process was killed, or the container has ended. */
export type OomNotice = 'oom' | 'ended';

export interface OomWatch {
  /** Readable when there is something to take. */
  readonly descriptor: number;
  /** What has happened since the last call; to be called only when `descriptor` is readable. */
  take(): readonly OomNotice[];
  close(): void;
}

/** Watches a container's cgroup by its paths. Throws {@link Failure} if there is no memory controller. */
export function watchOom(paths: Readonly<Record<string, string>>): OomWatch {
  const names = Object.keys(paths);
  if (names.length === 1 && names[0] === '') return watchV2(paths['']!);
  if (!paths.memory) throw new Failure('memory controller missing');
  return watchV1(paths.memory);
}

function watchV1(path: string): OomWatch {
  const control = openFile(`${path}/memory.oom_control`, Open.read);
  const descriptor = syscall('eventfd2', [0, cloexec], 'make an eventfd');
  const registration = `${path}/cgroup.event_control`;
  const close = () => {
    closeFile(control);
    closeFile(descriptor);
  };
  try {
    writeExisting(registration, `${descriptor} ${control} `);
  } catch (error) {
    close();
    throw error;
  }
  return {
    descriptor,
    take() {
      syscall('read', [descriptor, new Uint8Array(8), 8], 'read the eventfd');
      // The removal of a cgroup is told in the same way.
      return [exists(registration) ? 'oom' : 'ended'];
    },
    close,
  };
}

function watchV2(path: string): OomWatch {
  const descriptor = syscall('inotify_init1', [cloexec], 'make an inotify instance');
  const watch = (name: string) =>
    syscall('inotify_add_watch', [descriptor, `${path}/${name}`, inModify], `watch ${path}/${name}`);
  const [memory, cgroup] = [watch('memory.events'), watch('cgroup.events')];
  const kills = () => keyed(readTextIfPresent(`${path}/memory.events`)).oom_kill;
  let known = Number(kills() ?? 0);
  return {
    descriptor,
    take() {
      const notices: OomNotice[] = [];
      for (const event of readEvents(descriptor)) {
        if (event === memory) {
          const now = Number(kills() ?? known);
          if (now > known) notices.push('oom');
          known = now;
        }
        if (event === cgroup && !keyed(readTextIfPresent(`${path}/cgroup.events`)).populated) notices.push('ended');
      }
      return notices;
    },
    close: () => closeFile(descriptor),
  };
}

/** The watches that have something to say. */
function readEvents(descriptor: number): number[] {
  const buffer = Buffer.alloc(4096);
  const length = syscall('read', [descriptor, buffer, buffer.length], 'read inotify events');
  const watches: number[] = [];
  for (let at = 0; at < length; at += 16 + buffer.readUInt32LE(at + 12)) watches.push(buffer.readInt32LE(at));
  return watches;
}

/** Waits until a descriptor is readable, at most so many milliseconds; answers whether it is. */
export function awaitReadable(descriptor: number, milliseconds: number): boolean {
  const poll = Buffer.alloc(8);
  poll.writeInt32LE(descriptor, 0);
  poll.writeInt16LE(1, 4);
  const time = new BigInt64Array([
    BigInt(Math.floor(milliseconds / 1000)),
    BigInt(Math.floor((milliseconds % 1000) * 1e6)),
  ]);
  const ready = trySyscall('ppoll', poll, 1, new Uint8Array(time.buffer), null, 0);
  if (ready < 0 && ready !== -Errno.EINTR) throw new SyscallError('poll', -ready);
  return ready > 0;
}
