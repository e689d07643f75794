import { defaultProfile } from '@drydock/oci/seccomp/default-profile';
import t from 'tap';
import { check } from '../../api/body.ts';
import { HostConfig } from '../../api/schemas/host-config.ts';
import { capabilitiesIn, containerCapabilities, defaultCapabilities } from './capabilities.ts';
import { containerDevices } from './devices.ts';
import { containerResources } from './resources.ts';
import { containerRlimits } from './rlimits.ts';
import { resolveProfile } from './seccomp/profile-file.ts';
import { securityOptions } from './security.ts';

const hostConfig = (fields: object = {}) => check(fields, HostConfig);

t.test('capabilities', async (t) => {
  const all = capabilitiesIn(0x1ffffffffffn);
  const of = (add: string[], drop: string[], privileged = false) =>
    containerCapabilities({ add, drop, privileged }, all);
  t.same(of([], []), defaultCapabilities);
  t.same(of(['net_admin'], ['CAP_CHOWN', 'MKNOD']).length, 13);
  t.same(of(['NET_ADMIN'], ['ALL']), ['CAP_NET_ADMIN']);
  t.same(of(['ALL'], ['SYS_ADMIN']).length, all.length - 1);
  t.same(of([], [], true), all);
  t.same(capabilitiesIn(0b101n), ['CAP_CHOWN', 'CAP_DAC_READ_SEARCH']);
  t.throws(() => of(['nope'], []), { message: 'invalid CapAdd: unknown capability: "CAP_NOPE"' });
});

t.test('limits', async (t) => {
  t.match(containerResources(hostConfig({ NanoCpus: 5e8, Memory: 1 << 26, PidsLimit: 7, CpuShares: 512 })), {
    cpu: { period: 100_000, quota: 50_000, shares: 512 },
    memory: { limit: 1 << 26, swap: 1 << 27 },
    pids: { limit: 7 },
  });
  t.same(containerResources(hostConfig()), { memory: {}, cpu: {}, blockIO: {} });
  const limits = containerRlimits(
    [{ Name: 'nofile', Soft: 1, Hard: -1 }],
    [
      { Name: 'core', Soft: 0, Hard: 0 },
      { Name: 'nofile', Soft: 5, Hard: 5 },
    ],
  );
  t.equal(
    JSON.stringify(limits),
    '[{"type":"RLIMIT_CORE","soft":0,"hard":0},{"type":"RLIMIT_NOFILE","soft":1,"hard":18446744073709551615}]',
  );
});

t.test('devices', async (t) => {
  const { devices, rules } = containerDevices(
    hostConfig({ Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/x' }], DeviceCgroupRules: ['c 10:* rw'] }),
  );
  t.match(devices, [{ path: '/dev/x', type: 'c', major: 1, minor: 3 }]);
  t.match(rules.slice(-2), [
    { allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' },
    { allow: true, major: 10, minor: -1, access: 'rw' },
  ]);
  t.same(rules[0], { allow: false, access: 'rwm' });
  t.throws(
    () => containerDevices(hostConfig({ Devices: [{ PathOnHost: '/dev/nope' }] })),
    /error gathering device information while adding custom device "\/dev\/nope"/,
  );
  t.throws(() => containerDevices(hostConfig({ DeviceCgroupRules: ['x'] })), /invalid device cgroup rule format/);
});

t.test('the default profile', async (t) => {
  const names = (capabilities: string[]): Set<string> =>
    new Set(
      defaultProfile(capabilities, 'amd64')
        .syscalls?.filter(({ action, args }) => action === 'SCMP_ACT_ALLOW' && args === undefined)
        .flatMap(({ names }) => names ?? []),
    );
  const usual = names(defaultCapabilities);
  t.equal(usual.size, 367);
  for (const never of [
    'mount',
    'unshare',
    'keyctl',
    'add_key',
    'io_uring_setup',
    'userfaultfd',
    'kexec_load',
    'bpf',
    'perf_event_open',
    'pivot_root',
    'clone',
    'clone3',
    'socket',
    'personality',
  ])
    t.notOk(usual.has(never), never);
  t.ok(names(['CAP_SYS_ADMIN']).has('mount'));
  t.match(defaultProfile([], 'amd64').syscalls?.at(-1), { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 });
  t.notMatch(defaultProfile(['CAP_SYS_ADMIN'], 'amd64').syscalls?.at(-1), { names: ['clone3'], errnoRet: 38 });
});

t.test('security options', async (t) => {
  const of = (...options: string[]) => securityOptions(hostConfig({ SecurityOpt: options }));
  t.same(of('no-new-privileges'), { seccomp: 'default', noNewPrivileges: true });
  t.same(of('no-new-privileges:false', 'seccomp=unconfined'), { seccomp: 'unconfined', noNewPrivileges: false });
  t.throws(() => of('bogus'), { message: 'invalid --security-opt 2: "bogus"' });
  t.throws(() => of('apparmor=x'), /does not support AppArmor profiles/);
  const context = { capabilities: ['CAP_SYS_ADMIN'], architecture: 'amd64', kernel: '6.1.0' };
  const profile = {
    defaultAction: 'SCMP_ACT_ERRNO',
    archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
    syscalls: [
      { names: ['read'], action: 'SCMP_ACT_ALLOW' },
      { names: ['mount'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_ADMIN'] } },
      { names: ['clone'], action: 'SCMP_ACT_ALLOW', excludes: { caps: ['CAP_SYS_ADMIN'] } },
      { names: ['ptrace'], action: 'SCMP_ACT_ALLOW', includes: { minKernel: '4.8' } },
      { names: ['future'], action: 'SCMP_ACT_ALLOW', includes: { minKernel: '9.0' } },
    ],
  };
  const resolved = resolveProfile(JSON.stringify(profile), context);
  t.same(
    resolved.syscalls?.flatMap(({ names }) => names),
    ['read', 'mount', 'ptrace'],
  );
  t.same(resolved.architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
  t.throws(() => resolveProfile('{', context), /Decoding seccomp profile failed/);
});
