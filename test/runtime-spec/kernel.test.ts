/** Names, kernel parameters, annotations, and the features document (config.md, config-linux.md, features-linux.md). */
import type { DraftSpec } from '../../packages/runtime/src/testing/sandbox.ts';
import { type Case, messages, testFeature, withUserNamespace } from './support.ts';

const sysctl = (name: string, value: string): Case => ({
  name: `sysctl: ${name}`,
  batch: 'sysctl',
  edit: (spec) => {
    spec.linux.sysctl = { ...spec.linux.sysctl, [name]: value };
  },
  script: `cat /proc/sys/${name.replaceAll('.', '/')} | tr "\\t" " "`,
  prints: `${value}\n`,
});
const refused = (name: string, says: RegExp, edit: (spec: DraftSpec) => void = () => {}): Case => ({
  name: `refused: ${name}`,
  edit: (spec) => {
    spec.linux.sysctl = { [name]: '1' };
    edit(spec);
  },
  code: 1,
  says,
});
const without =
  (...types: string[]) =>
  (spec: DraftSpec) => {
    spec.linux.namespaces = spec.linux.namespaces!.filter(({ type = '' }) => !types.includes(type));
    if (types.includes('uts')) delete spec.hostname;
  };

const cases: readonly Case[] = [
  {
    name: 'host name',
    edit: (spec) => {
      spec.hostname = 'a-name.example';
    },
    script: 'hostname; cat /proc/sys/kernel/hostname',
    prints: 'a-name.example\na-name.example\n',
  },
  {
    name: 'domain name',
    notRunc: 'runc 1.1 does not know it',
    edit: (spec) => {
      Object.assign(spec, { domainname: 'example.org' });
    },
    script: 'cat /proc/sys/kernel/domainname',
    prints: 'example.org\n',
  },
  sysctl('net.ipv4.ip_forward', '1'),
  sysctl('net.ipv4.ip_unprivileged_port_start', '80'),
  sysctl('kernel.shmmax', '12345678'),
  sysctl('kernel.sem', '100 200 30 40'),
  sysctl('kernel.msgmax', '4096'),
  sysctl('fs.mqueue.msg_max', '20'),
  {
    name: 'sysctl: several, with slashes',
    edit: (spec) => {
      spec.linux.sysctl = { 'net/ipv4/ip_forward': '1', 'kernel.shmmni': '77' };
    },
    script: 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni',
    prints: '1\n77\n',
  },
  {
    name: 'sysctl: of a user namespace',
    notCrun: 'crun 1.8 does not know them',
    notRunc: 'runc 1.1 does not know them',
    edit: (spec) => {
      withUserNamespace(spec);
      spec.linux.sysctl = { 'user.max_net_namespaces': '3' };
    },
    script: 'cat /proc/sys/user/max_net_namespaces',
    prints: '3\n',
  },
  refused('net.ipv4.ip_forward', /not allowed in host network namespace/, without('network')),
  refused('kernel.shmmax', /not allowed in the hosts ipc namespace/, without('ipc')),
  refused('kernel.hostname', /is not allowed as it conflicts with the OCI "hostname" field/),
  refused('vm.swappiness', /is not in a separate kernel namespace/),
  refused('user.max_net_namespaces', /is not in a separate kernel namespace|without a user namespace not allowed/),
  {
    name: 'annotations are in the state',
    act: (t, bench) => {
      const { id } = bench.start(
        bench.sandbox.script('sleep 100', (spec) => {
          spec.annotations = { 'org.example.key': 'a value', empty: '' };
        }),
      );
      const state = JSON.parse(bench.sandbox.run(['state', id]).stdout);
      t.match(state, { annotations: { 'org.example.key': 'a value', empty: '' }, status: 'running' });
      bench.stop(id);
    },
  },
  {
    name: 'features',
    notCrun: 'crun 1.8 has no such command',
    act: (t, bench) => {
      const { code, stdout } = bench.sandbox.run(['features']);
      t.equal(code, 0);
      const features = JSON.parse(stdout);
      t.match(features, { ociVersionMin: '1.0.0', ociVersionMax: /^1\./, linux: { cgroup: { v1: true, v2: true } } });
      t.same(features.hooks.toSorted(), [
        ...['createContainer', 'createRuntime', 'poststart', 'poststop', 'prestart', 'startContainer'],
      ]);
      for (const name of ['pid', 'network', 'ipc', 'uts', 'mount', 'user', 'cgroup'])
        t.ok(features.linux.namespaces.includes(name), name);
      for (const option of ['rbind', 'rro', 'tmpcopyup', 'nosymfollow'])
        t.ok(features.mountOptions.includes(option), option);
      for (const action of ['SCMP_ACT_NOTIFY', 'SCMP_ACT_ALLOW'])
        t.ok(features.linux.seccomp.actions.includes(action), action);
      t.ok(features.linux.capabilities.includes('CAP_BPF'));
      if (bench.runtime !== 'ours') return;
      t.match(features.linux, {
        mountExtensions: { idmap: { enabled: true } },
        seccomp: { supportedFlags: ['SECCOMP_FILTER_FLAG_LOG'] },
        memoryPolicy: { modes: ['MPOL_BIND'] },
      });
      t.ok(features.linux.namespaces.includes('time'));
    },
  },
  {
    name: 'refused: a wrong kind of value',
    notCrun: 'crun 1.8 takes a number for a name',
    act: (t, bench) => {
      const bundle = bench.sandbox.script('true', (spec) => {
        Object.assign(spec, { hostname: 5 });
      });
      const outcome = bench.run(bundle);
      t.equal(outcome.code, 1);
      t.match(messages(outcome), /cannot unmarshal number into Go struct field Spec.hostname of type string/);
    },
  },
];

testFeature('kernel', cases);
