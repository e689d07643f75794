/** Scheduler, I/O priority, CPU affinity, memory policy and personality of a process (config.md, config-linux.md). */
import { existsSync } from 'node:fs';
import { testFeature } from './support.ts';

const unknown = { notRunc: 'runc 1.1 does not know it', notCrun: 'crun 1.8 does not know it' };
const noNuma = existsSync('/proc/self/numa_maps') ? false : 'needs a kernel with NUMA';

testFeature('scheduling', [
  {
    name: 'scheduler: batch with a nice value',
    ...unknown,
    edit: (spec) => {
      spec.process.scheduler = { policy: 'SCHED_BATCH', nice: 5 };
    },
    // Field 19 is the nice value, 41 the policy (proc_pid_stat(5)).
    script: 'cut -d" " -f19,41 /proc/self/stat',
    prints: '5 3\n',
  },
  {
    name: 'scheduler: nice alone',
    ...unknown,
    edit: (spec) => {
      spec.process.scheduler = { policy: 'SCHED_OTHER', nice: -3 };
    },
    script: 'cut -d" " -f19,41 /proc/self/stat',
    prints: '-3 0\n',
  },
  {
    name: 'scheduler: idle',
    ...unknown,
    edit: (spec) => {
      spec.process.scheduler = { policy: 'SCHED_IDLE' };
    },
    script: 'cut -d" " -f41 /proc/self/stat',
    prints: '5\n',
  },
  {
    name: 'scheduler: children begin anew',
    ...unknown,
    edit: (spec) => {
      spec.process.scheduler = { policy: 'SCHED_OTHER', nice: -3, flags: ['SCHED_FLAG_RESET_ON_FORK'] };
    },
    script: 'read -r line < /proc/$$/stat; echo $line | cut -d" " -f19; cut -d" " -f19 /proc/self/stat; true',
    prints: '-3\n0\n',
  },
  {
    name: 'scheduler: refused without a policy',
    ...unknown,
    edit: (spec) => {
      spec.process.scheduler = { nice: 1 };
    },
    code: 1,
    says: /scheduler policy is required/,
  },
  {
    name: 'scheduler: refused nice value',
    ...unknown,
    edit: (spec) => {
      spec.process.scheduler = { policy: 'SCHED_OTHER', nice: 20 };
    },
    code: 1,
    says: /invalid scheduler.nice: 20 when scheduler.policy is SCHED_OTHER/,
  },
  {
    name: 'scheduler: refused priority and times',
    ...unknown,
    act: (t, bench) => {
      for (const [scheduler, words] of [
        [{ policy: 'SCHED_BATCH', priority: 1 }, /scheduler.priority can only be specified for SchedFIFO or SchedRR/],
        [{ policy: 'SCHED_RR', runtime: 1 }, /runtime\/deadline\/period can only be specified for SchedDeadline/],
      ] as const) {
        bench.refuses(t, (spec) => Object.assign(spec.process, { scheduler }), words);
      }
    },
  },
  {
    name: 'I/O priority',
    ...unknown,
    edit: (spec) => {
      spec.process.ioPriority = { class: 'IOPRIO_CLASS_BE', priority: 6 };
    },
    script: '/bin/busybox ionice -p $$',
    prints: 'best-effort: prio 6\n',
  },
  {
    name: 'I/O priority: idle',
    ...unknown,
    edit: (spec) => {
      spec.process.ioPriority = { class: 'IOPRIO_CLASS_IDLE' };
    },
    script: '/bin/busybox ionice -p $$',
    prints: /^idle/,
  },
  {
    name: 'I/O priority: refused class and priority',
    ...unknown,
    act: (t, bench) => {
      for (const [ioPriority, words] of [
        [{ class: 'IOPRIO_CLASS_FOO', priority: 1 }, /invalid ioPriority.Class: "IOPRIO_CLASS_FOO"/],
        [{ class: 'IOPRIO_CLASS_BE', priority: 8 }, /invalid ioPriority.Priority: 8/],
      ] as const) {
        bench.refuses(t, (spec) => Object.assign(spec.process, { ioPriority }), words);
      }
    },
  },
  {
    name: 'CPU affinity of exec, not of the first process',
    ...unknown,
    act: (t, bench) => {
      const list = 'grep Cpus_allowed_list /proc/self/status';
      const bundle = bench.sandbox.script('sleep 100', (spec) => {
        spec.process.execCPUAffinity = { initial: '0', final: '0' };
      });
      const { id } = bench.start(bundle);
      try {
        t.match(bench.exec(id, 'sh', '-c', list).stdout, /\s0\n$/);
        t.notMatch(bench.exec(id, 'grep', 'Cpus_allowed_list', '/proc/1/status').stdout, /\s0\n$/);
      } finally {
        bench.stop(id);
      }
    },
  },
  {
    name: 'CPU affinity: refused list',
    ...unknown,
    edit: (spec) => {
      spec.process.execCPUAffinity = { initial: '0-x' };
    },
    code: 1,
    says: /invalid CPUAffinity.initial "0-x"/,
  },
  {
    name: 'memory policy',
    ...unknown,
    skip: noNuma,
    edit: (spec) => {
      spec.linux.memoryPolicy = { mode: 'MPOL_BIND', nodes: '0', flags: ['MPOL_F_STATIC_NODES'] };
    },
    script: 'grep -c "bind=static:0" /proc/self/numa_maps | grep -v "^0$" > /dev/null',
  },
  {
    name: 'memory policy of exec',
    ...unknown,
    skip: noNuma,
    act: (t, bench) => {
      const bundle = bench.sandbox.script('sleep 100', (spec) => {
        spec.linux.memoryPolicy = { mode: 'MPOL_INTERLEAVE', nodes: '0' };
      });
      const { id } = bench.start(bundle);
      try {
        t.match(bench.exec(id, 'cat', '/proc/self/numa_maps').stdout, /interleave:0/);
      } finally {
        bench.stop(id);
      }
    },
  },
  {
    name: 'memory policy: refused modes and nodes',
    ...unknown,
    act: (t, bench) => {
      for (const [memoryPolicy, words] of [
        [{ mode: 'MPOL_FOO' }, /invalid memory policy mode "MPOL_FOO"/],
        [{ mode: 'MPOL_BIND' }, /memory policy mode requires at least one node but got 0/],
        [{ mode: 'MPOL_LOCAL', nodes: '0-1' }, /memory policy mode requires 0 nodes but got 2/],
        [{ mode: 'MPOL_BIND', nodes: '0', flags: ['MPOL_F_FOO'] }, /invalid memory policy flag "MPOL_F_FOO"/],
      ] as const) {
        bench.refuses(t, (spec) => Object.assign(spec.linux, { memoryPolicy }), words);
      }
    },
  },
  {
    name: 'personality, of exec too',
    notRunc: unknown.notRunc,
    skip: process.arch === 'x64' ? false : 'the name of the 32-bit machine is that of x86',
    act: (t, bench) => {
      const bundle = bench.sandbox.script('/bin/busybox uname -m > /tmp/machine; sleep 100', (spec) => {
        spec.linux.personality = { domain: 'LINUX32' };
      });
      const { id } = bench.start(bundle);
      try {
        t.equal(bench.exec(id, '/bin/busybox', 'uname', '-m').stdout, 'i686\n');
        t.equal(bench.exec(id, 'cat', '/tmp/machine').stdout, 'i686\n');
      } finally {
        bench.stop(id);
      }
    },
  },
  {
    name: 'personality: refused domain',
    notRunc: unknown.notRunc,
    edit: (spec) => {
      spec.linux.personality = { domain: 'FOO' };
    },
    code: 1,
    says: /invalid personality domain FOO/,
  },
]);
