/** `features`: what this runtime can do (runtime-spec, features.md). */
import { seccompWords } from '@drydock/linux/seccomp/profile';
import type { Command } from '../cli/command.ts';
import { capabilityNames } from '../compile/capabilities.ts';
import { knownMountOptions } from '../compile/mount-options.ts';
import { namespaceFlags } from '../compile/namespaces.ts';
import { memoryPolicyWords } from '../compile/scheduling.ts';
import { specVersion, version } from '../version.ts';

export const features: Command = {
  name: 'features',
  summary: 'show the enabled features',
  usage: '',
  flags: [],
  arguments: [0, 0],
  flagsAnywhere: true,
  run({ print }) {
    print(`${JSON.stringify(document, undefined, 4)}\n`);
    return undefined;
  },
};

const document = {
  ociVersionMin: '1.0.0',
  ociVersionMax: specVersion,
  hooks: ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'],
  mountOptions: knownMountOptions,
  linux: {
    namespaces: Object.keys(namespaceFlags).sort(),
    capabilities: capabilityNames,
    cgroup: { v1: true, v2: true, systemd: true, systemdUser: true, rdma: true },
    seccomp: {
      enabled: true,
      actions: seccompWords.actions,
      operators: seccompWords.operators,
      archs: seccompWords.architectures,
      knownFlags: seccompWords.flags,
      supportedFlags: seccompWords.flags,
    },
    apparmor: { enabled: true },
    selinux: { enabled: true },
    intelRdt: { enabled: true, schemata: true, monitoring: true },
    memoryPolicy: memoryPolicyWords,
    mountExtensions: { idmap: { enabled: true } },
    netDevices: { enabled: true },
  },
  annotations: {
    'org.opencontainers.runc.checkpoint.enabled': 'true',
    'dev.drydock.runtime.version': version,
  },
};
