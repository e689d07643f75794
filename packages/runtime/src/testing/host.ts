/** A made-up machine for tests of compiling, so that the same configuration gives the same program everywhere. */
import type { CreateDescriptors, Host } from '../compile/host.ts';

export function fakeHost(changes: Partial<Host<CreateDescriptors>> = {}): Host<CreateDescriptors> {
  return {
    machine: 'x64',
    descriptors: { report: 10, fifo: 12, tasks: [20, 21], namespaces: {} },
    cgroup: {
      version: 1,
      directories: [
        {
          name: 'cpu,cpuacct',
          source: '/sys/fs/cgroup/cpu,cpuacct/c',
          options: ['cpu', 'cpuacct'],
          links: ['cpu', 'cpuacct'],
        },
        { name: 'memory', source: '/sys/fs/cgroup/memory/c', options: ['memory'], links: [] },
      ],
    },
    lastCapability: 40,
    boundingSet: (1n << 41n) - 1n,
    rootParent: '/',
    sources: new Map(),
    prepared: new Map(),
    copied: new Map(),
    modes: new Map(),
    stdio: [0, 1, 2].map(() => ({ null: false, uid: 0 })),
    home: '/root',
    oomScoreAdj: 0,
    userNamespace: false,
    rootless: false,
    kcore: true,
    ...changes,
  };
}
