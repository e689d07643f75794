/**
 * How the kernel treats the process: when it runs, where its memory is, how its disk requests wait, which system it thinks it
 * is on (sched(7), ioprio_set(2), set_mempolicy(2), personality(2)).
 */
import { errnoText } from '@drydock/linux/errno';
import { Memory } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import type { Linux, Process } from '@drydock/oci/runtime-spec';
import { Failure } from '../failure.ts';
import { flags } from './constants.ts';
import { maskMemory, numberList } from './number-list.ts';

/** The part of `linux` that holds for every process of the container. */
export type Machine = Pick<Linux, 'personality' | 'memoryPolicy'>;

type Scheduler = NonNullable<Process['scheduler']>;
type MemoryPolicy = NonNullable<Linux['memoryPolicy']>;
type Numbers = Readonly<Record<string, number>>;

/** linux/sched.h. */
const policies: Numbers = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: 4,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
};
const schedulerFlags: Numbers = {
  SCHED_FLAG_RESET_ON_FORK: 0x01,
  SCHED_FLAG_RECLAIM: 0x02,
  SCHED_FLAG_DL_OVERRUN: 0x04,
  SCHED_FLAG_KEEP_POLICY: 0x08,
  SCHED_FLAG_KEEP_PARAMS: 0x10,
  SCHED_FLAG_UTIL_CLAMP_MIN: 0x20,
  SCHED_FLAG_UTIL_CLAMP_MAX: 0x40,
};
/** linux/ioprio.h. */
const ioClasses: Numbers = { IOPRIO_CLASS_RT: 1, IOPRIO_CLASS_BE: 2, IOPRIO_CLASS_IDLE: 3 };
/** linux/mempolicy.h. */
const memoryModes: Numbers = {
  MPOL_DEFAULT: 0,
  MPOL_PREFERRED: 1,
  MPOL_BIND: 2,
  MPOL_INTERLEAVE: 3,
  MPOL_LOCAL: 4,
  MPOL_PREFERRED_MANY: 5,
  MPOL_WEIGHTED_INTERLEAVE: 6,
};
const memoryFlags: Numbers = {
  MPOL_F_STATIC_NODES: 1 << 15,
  MPOL_F_RELATIVE_NODES: 1 << 14,
  MPOL_F_NUMA_BALANCING: 1 << 13,
};
/** sys/personality.h. */
const personalities: Numbers = { LINUX: 0, LINUX32: 8 };

/** The words that `features` lists. */
export const memoryPolicyWords = { modes: Object.keys(memoryModes).sort(), flags: Object.keys(memoryFlags).sort() };

const fails = (op: string) => (errno: number) => `error during container init: ${op}: ${errnoText(errno)}`;

/** Refuses combinations that make no sense, in runc's words. */
export function validateScheduling({ scheduler, ioPriority, execCPUAffinity }: Process): void {
  if (scheduler) validateScheduler(scheduler);
  if (ioPriority) {
    const { class: name = '', priority = 0 } = ioPriority;
    if (priority < 0 || priority > 7) throw new Failure(`invalid ioPriority.Priority: ${priority}`);
    if (!(name in ioClasses)) throw new Failure(`invalid ioPriority.Class: "${name}"`);
  }
  for (const [when, list] of Object.entries(execCPUAffinity ?? {})) if (list) numberList(list, `CPUAffinity.${when}`);
}

function validateScheduler({ policy = '', nice = 0, priority, runtime, deadline, period, flags }: Scheduler): void {
  if (policy === '') throw new Failure('scheduler policy is required');
  if (!(policy in policies)) throw new Failure(`invalid scheduler policy: ${policy}`);
  for (const flag of flags ?? []) if (!(flag in schedulerFlags)) throw new Failure(`invalid scheduler flag: ${flag}`);
  if ((policy === 'SCHED_OTHER' || policy === 'SCHED_BATCH') && (nice < -20 || nice > 19))
    throw new Failure(`invalid scheduler.nice: ${nice} when scheduler.policy is ${policy}`);
  if (priority && policy !== 'SCHED_FIFO' && policy !== 'SCHED_RR')
    throw new Failure('scheduler.priority can only be specified for SchedFIFO or SchedRR policy');
  if (policy !== 'SCHED_DEADLINE' && (runtime || deadline || period))
    throw new Failure('scheduler runtime/deadline/period can only be specified for SchedDeadline policy');
}

/** Refuses what `linux.personality` and `linux.memoryPolicy` must not be. */
export function validateMachine({ personality, memoryPolicy }: Linux): void {
  if (personality && !((personality.domain ?? '') in personalities))
    throw new Failure(`invalid personality domain ${personality.domain ?? ''}`);
  if (!memoryPolicy) return;
  const { mode = '', nodes = '', flags = [] } = memoryPolicy;
  if (!(mode in memoryModes)) throw new Failure(`invalid memory policy mode "${mode}"`);
  for (const flag of flags) if (!(flag in memoryFlags)) throw new Failure(`invalid memory policy flag "${flag}"`);
  const count = nodes === '' ? 0 : numberList(nodes, 'memory policy nodes').length;
  if ((mode === 'MPOL_DEFAULT' || mode === 'MPOL_LOCAL') && count > 0)
    throw new Failure(`memory policy mode requires 0 nodes but got ${count}`);
  if (!['MPOL_DEFAULT', 'MPOL_LOCAL', 'MPOL_PREFERRED'].includes(mode) && count === 0)
    throw new Failure('memory policy mode requires at least one node but got 0');
}

/** Sets what the configuration asks for; the process is still root. */
export function compileScheduling(program: Program, process: Process, linux: Machine): void {
  const { scheduler, ioPriority } = process;
  if (scheduler) setScheduler(program, scheduler);
  if (ioPriority) {
    program.field('process.ioPriority');
    const { class: name = '', priority = 0 } = ioPriority;
    const value = ((ioClasses[name] ?? 0) << 13) | priority;
    const self = { value: 1, text: 'IOPRIO_WHO_PROCESS' };
    program.call('ioprio_set', [self, 0, { value, text: `${name}|${priority}` }], {
      failure: fails('failed to set io priority'),
    });
  }
  if (linux.memoryPolicy) setMemoryPolicy(program, linux.memoryPolicy);
  const domain = linux.personality?.domain;
  if (domain) {
    program.field('linux.personality');
    program.call('personality', [{ value: personalities[domain] ?? 0, text: `PER_${domain}` }], {
      failure: fails('SetLinuxPersonality'),
    });
  }
}

/** The CPUs that an exec's process keeps. */
export function compileFinalAffinity(program: Program, { execCPUAffinity }: Process): void {
  const list = execCPUAffinity?.final;
  if (!list) return;
  program.field('process.execCPUAffinity.final');
  const mask = maskMemory(list, numberList(list, 'CPUAffinity.final'));
  program.call('sched_setaffinity', [0, mask.bytes.length, mask], {
    failure: fails('error setting final CPU affinity'),
  });
}

function setScheduler(program: Program, scheduler: Scheduler): void {
  const { policy = '', nice = 0, priority = 0, runtime = 0, deadline = 0, period = 0 } = scheduler;
  program.field('process.scheduler');
  const bits = (scheduler.flags ?? []).reduce((all, flag) => all | (schedulerFlags[flag] ?? 0), 0);
  // struct sched_attr: size, policy; flags; nice, priority; three times of SCHED_DEADLINE in nanoseconds.
  const size = 48;
  const halves = (low: number, high: number) => BigInt.asUintN(32, BigInt(low)) | (BigInt(high) << 32n);
  const attributes = new Memory(`{${[policy, ...(scheduler.flags ?? [])].join('|')}, nice=${nice}}`, size, [
    [0, halves(size, policies[policy] ?? 0)],
    [8, bits],
    [16, halves(nice, priority)],
    [24, runtime],
    [32, deadline],
    [40, period],
  ]);
  program.call('sched_setattr', [0, attributes, 0], { failure: fails('error setting scheduler') });
}

function setMemoryPolicy(program: Program, { mode = '', nodes = '', flags: words = [] }: MemoryPolicy): void {
  program.field('linux.memoryPolicy');
  const how = flags(
    { value: memoryModes[mode] ?? 0, text: mode },
    ...words.map((text) => ({ value: memoryFlags[text] ?? 0, text })),
  );
  const list = nodes === '' ? [] : numberList(nodes, 'memory policy nodes');
  const mask = maskMemory(nodes, list);
  // The kernel takes the highest bit's number plus two.
  const args = list.length === 0 ? [how, 0, 0] : [how, mask, mask.bytes.length * 8 + 1];
  program.call('set_mempolicy', args, { failure: fails('error setting memory policy') });
}
