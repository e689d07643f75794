/** Devices: the default ones, own ones, and which may be used (config-linux.md, "Devices", "Device allowed list"). */
import { readHierarchies } from '../../packages/linux/src/cgroups/hierarchies.ts';
import type { Resources } from '../../packages/oci/src/runtime-spec.ts';
import type { DraftSpec } from '../../packages/runtime/src/testing/sandbox.ts';
import { type Case, testFeature } from './support.ts';

type Rules = NonNullable<Resources['devices']>;
const { version } = readHierarchies();

const withRules =
  (rules: Rules, devices: DraftSpec['linux']['devices'] = []) =>
  (spec: DraftSpec) => {
    Object.assign(spec.linux, { resources: { devices: rules }, devices });
  };
const kmsg = { path: '/dev/kmsg', type: 'c', major: 1, minor: 11, fileMode: 0o666 };
const denyAll = { allow: false, access: 'rwm' };

/** Whether a device can be opened for reading, and for writing. */
const access = (name: string, rules: Rules, read: boolean, write: boolean): Case => ({
  name: `allowed: ${name}`,
  edit: (spec) => {
    withRules(rules, [kmsg])(spec);
    for (const set of ['bounding', 'effective', 'permitted'] as const) spec.process.capabilities![set] = ['CAP_SYSLOG'];
  },
  script: `(exec 3< ${kmsg.path}) 2>/dev/null && echo read; (exec 3> ${kmsg.path}) 2>/dev/null && echo write; true`,
  prints: `${read ? 'read\n' : ''}${write ? 'write\n' : ''}`,
});

const cases: readonly Case[] = [
  {
    name: 'the default ones',
    script: 'for each in null zero full random urandom tty; do stat -c "%n %F %t:%T %a %u:%g" /dev/$each; done',
    prints: [
      ...['null 1:3', 'zero 1:5', 'full 1:7', 'random 1:8', 'urandom 1:9', 'tty 5:0'].map((each) => {
        const [name, number] = each.split(' ');
        return `/dev/${name} character special file ${number} 666 0:0\n`;
      }),
    ].join(''),
  },
  {
    name: 'the links',
    script: 'for each in fd stdin stdout stderr ptmx; do readlink /dev/$each; done',
    prints: '/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\npts/ptmx\n',
  },
  {
    name: 'they work',
    script:
      'head -c 3 /dev/zero | wc -c; echo x > /dev/null; echo x 2>&1 > /dev/full || echo full; head -c 4 /dev/urandom | wc -c',
    prints: /^3\n(.*\n)?full\n4\n$/,
  },
  {
    name: 'own ones: character, block, FIFO, with owner and mode',
    edit: withRules(
      [denyAll],
      [
        { path: '/dev/own/null', type: 'c', major: 1, minor: 3, fileMode: 0o640, uid: 7, gid: 8 },
        { path: '/dev/unbuffered', type: 'u', major: 1, minor: 3 },
        { path: '/dev/disk', type: 'b', major: 250, minor: 300, fileMode: 0o600 },
        { path: '/dev/pipe', type: 'p', fileMode: 0o622 },
      ],
    ),
    script: 'stat -c "%F %t:%T %a %u:%g" /dev/own/null /dev/unbuffered /dev/disk /dev/pipe',
    prints: [
      'character special file 1:3 640 7:8\n',
      'character special file 1:3 666 0:0\n',
      'block special file fa:12c 600 0:0\n',
      'fifo 0:0 622 0:0\n',
    ].join(''),
  },
  {
    name: 'a default one that is made otherwise',
    edit: withRules([denyAll], [{ path: '/dev/full', type: 'c', major: 1, minor: 5, fileMode: 0o600 }]),
    script: 'stat -c "%t:%T %a" /dev/full',
    prints: '1:5 600\n',
  },
  access('nothing', [denyAll], false, false),
  access('everything', [{ allow: true, access: 'rwm' }], true, true),
  access('reading', [denyAll, { allow: true, type: 'c', major: 1, minor: 11, access: 'r' }], true, false),
  access('writing', [denyAll, { allow: true, type: 'c', major: 1, minor: 11, access: 'w' }], false, true),
  access(
    'both, by two rules',
    [
      denyAll,
      { allow: true, type: 'c', major: 1, minor: 11, access: 'r' },
      { allow: true, type: 'c', major: 1, minor: 11, access: 'w' },
    ],
    true,
    true,
  ),
  access('every number of a kind', [denyAll, { allow: true, type: 'c', access: 'rw' }], true, true),
  access('every minor number', [denyAll, { allow: true, type: 'c', major: 1, access: 'rw' }], true, true),
  access('another device', [denyAll, { allow: true, type: 'c', major: 1, minor: 4, access: 'rw' }], false, false),
  access('another kind', [denyAll, { allow: true, type: 'b', access: 'rw' }], false, false),
  access(
    'all but one',
    [
      { allow: true, access: 'rwm' },
      { allow: false, type: 'c', major: 1, minor: 11, access: 'rwm' },
    ],
    false,
    false,
  ),
  access(
    'all but writing',
    [
      { allow: true, access: 'rwm' },
      { allow: false, type: 'c', major: 1, minor: 11, access: 'w' },
    ],
    true,
    false,
  ),
  {
    name: 'allowed: nodes may be made, and then not be used',
    edit: (spec) => {
      withRules([denyAll])(spec);
      for (const set of ['bounding', 'effective', 'permitted'] as const)
        spec.process.capabilities![set] = ['CAP_MKNOD'];
    },
    script:
      '/bin/busybox mknod /tmp/kmsg c 1 11 && echo made; cat /tmp/kmsg 2>/dev/null || echo refused; rm -f /tmp/kmsg',
    prints: 'made\nrefused\n',
  },
  {
    name: 'allowed: a rule as the kernel keeps it',
    skip: version === 2 && 'version 2 has no file for it',
    edit: withRules([denyAll, { allow: true, type: 'c', major: 10, minor: 229, access: 'rwm' }]),
    script: 'cat /sys/fs/cgroup/devices/devices.list',
    prints: /^c 10:229 rwm$/m,
  },
];

testFeature('devices', cases, { everywhere: true });
