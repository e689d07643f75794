/** Seccomp: actions, flags, operators, and listeners (config-linux.md, "Seccomp"). */
import { closeSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { receiveDescriptors } from '../../packages/linux/src/descriptor-message.ts';
import { Errno } from '../../packages/linux/src/errno.ts';
import { acceptUnix, listenUnix } from '../../packages/linux/src/socket.ts';
import { syscall } from '../../packages/linux/src/syscall.ts';
import type { Seccomp } from '../../packages/oci/src/runtime-spec.ts';
import type { DraftSpec } from '../../packages/runtime/src/testing/sandbox.ts';
import { type Case, testFeature } from './support.ts';

type Rule = NonNullable<Seccomp['syscalls']>[number];

const profile =
  (rules: readonly Rule[], more: Partial<Seccomp> = {}) =>
  (spec: DraftSpec): void => {
    Object.assign(spec.linux, { seccomp: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: rules, ...more } });
  };
const onMkdir = (action: string, errnoRet?: number): readonly Rule[] => [
  { names: ['mkdir', 'mkdirat'], action, ...(errnoRet === undefined ? {} : { errnoRet }) },
];
const tryMkdir = 'mkdir /tmp/made; echo "exit $?"; rmdir /tmp/made 2>/dev/null; true';

/** setpriority(…, 7) is refused where the condition holds. */
const condition = (op: string, value: number, refused: boolean, valueTwo?: number): Case => ({
  name: `operator ${op} ${value}${valueTwo === undefined ? '' : ` ${valueTwo}`}: ${refused ? 'holds' : 'does not hold'}`,
  edit: profile([
    {
      names: ['setpriority'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: Errno.EACCES,
      args: [{ index: 2, value, op, ...(valueTwo === undefined ? {} : { valueTwo }) }],
    },
  ]),
  script: `/bin/busybox renice 7 -p $$ > /dev/null 2>&1 && echo allowed || echo refused`,
  prints: refused ? 'refused\n' : 'allowed\n',
});

const flag = (name: string, more: Partial<Case> = {}): Case => ({
  name: `flag ${name}`,
  edit: profile(onMkdir('SCMP_ACT_ERRNO', 1), { flags: [name] }),
  script: tryMkdir,
  prints: 'exit 1\n',
  ...more,
});

testFeature('seccomp', [
  { name: 'ALLOW', edit: profile(onMkdir('SCMP_ACT_ALLOW')), script: tryMkdir, prints: 'exit 0\n' },
  { name: 'LOG', edit: profile(onMkdir('SCMP_ACT_LOG')), script: tryMkdir, prints: 'exit 0\n' },
  { name: 'ERRNO: EPERM', edit: profile(onMkdir('SCMP_ACT_ERRNO')), script: tryMkdir, prints: 'exit 1\n' },
  {
    name: 'ERRNO with a number',
    edit: profile(onMkdir('SCMP_ACT_ERRNO', 28)),
    script: 'mkdir /tmp/made 2>&1; true',
    prints: /No space left on device/,
  },
  {
    name: 'ERRNO with a number beyond 255',
    edit: profile(onMkdir('SCMP_ACT_ERRNO', 300)),
    script: 'mkdir /tmp/made 2>&1; true',
    prints: /300/,
  },
  {
    name: 'TRACE without a tracer',
    edit: profile(onMkdir('SCMP_ACT_TRACE', 5)),
    script: 'mkdir /tmp/made 2>&1; true',
    prints: /Function not implemented/,
  },
  // 128 and the number of SIGSYS.
  { name: 'TRAP', edit: profile(onMkdir('SCMP_ACT_TRAP')), script: tryMkdir, prints: 'exit 159\n' },
  { name: 'KILL', edit: profile(onMkdir('SCMP_ACT_KILL')), script: tryMkdir, prints: 'exit 159\n' },
  { name: 'KILL_THREAD', edit: profile(onMkdir('SCMP_ACT_KILL_THREAD')), script: tryMkdir, prints: 'exit 159\n' },
  { name: 'KILL_PROCESS', edit: profile(onMkdir('SCMP_ACT_KILL_PROCESS')), script: tryMkdir, prints: 'exit 159\n' },
  {
    name: 'a default action with its own number',
    notCrun: 'crun refuses a number for an action that returns none',
    edit: profile([{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 2 }], { defaultErrnoRet: 99 }),
    script: 'mkdir /tmp/made 2>&1; true',
    prints: /No such file or directory/,
  },
  condition('SCMP_CMP_EQ', 7, true),
  condition('SCMP_CMP_EQ', 8, false),
  condition('SCMP_CMP_NE', 7, false),
  condition('SCMP_CMP_NE', 8, true),
  condition('SCMP_CMP_LT', 8, true),
  condition('SCMP_CMP_LT', 7, false),
  condition('SCMP_CMP_LE', 7, true),
  condition('SCMP_CMP_LE', 6, false),
  condition('SCMP_CMP_GT', 6, true),
  condition('SCMP_CMP_GT', 7, false),
  condition('SCMP_CMP_GE', 7, true),
  condition('SCMP_CMP_GE', 8, false),
  condition('SCMP_CMP_MASKED_EQ', 5, true, 5),
  condition('SCMP_CMP_MASKED_EQ', 8, false, 8),
  flag('SECCOMP_FILTER_FLAG_TSYNC', { notRunc: 'runc 1.1 knows no flags' }),
  flag('SECCOMP_FILTER_FLAG_LOG', { notRunc: 'runc 1.1 knows no flags' }),
  flag('SECCOMP_FILTER_FLAG_SPEC_ALLOW', { notRunc: 'runc 1.1 knows no flags' }),
  {
    name: 'a flag that nobody knows',
    notRunc: 'runc 1.1 knows no flags',
    edit: profile([], { flags: ['SECCOMP_FILTER_FLAG_FOO'] }),
    code: 1,
    says: /seccomp flag "SECCOMP_FILTER_FLAG_FOO" is not supported/,
  },
  {
    name: 'with and without no_new_privs, and for exec',
    act: (t, bench) => {
      for (const noNewPrivileges of [true, false]) {
        const bundle = bench.sandbox.script('sleep 100', (spec) => {
          spec.process.noNewPrivileges = noNewPrivileges;
          profile(onMkdir('SCMP_ACT_ERRNO', 28))(spec);
        });
        const { id } = bench.start(bundle);
        try {
          t.match(bench.exec(id, 'mkdir', '/tmp/made').stderr, /No space left on device/);
          t.match(bench.exec(id, 'grep', 'Seccomp:', '/proc/1/status').stdout, /\s2\n/);
        } finally {
          bench.stop(id);
        }
      }
    },
  },
  ...[true, false].map(
    (noNewPrivileges): Case => ({
      name: `NOTIFY: whoever listens answers calls of the container, ${noNewPrivileges ? 'with' : 'without'} no_new_privs`,
      ...(noNewPrivileges
        ? { notCrun: 'crun tells the listener when the container starts, not when it is created' }
        : {}),
      act: async (t, bench) => {
        const path = join(bench.sandbox.directory, 'listener');
        const listener = listenUnix(path);
        const bundle = bench.sandbox.script('mkdir /tmp/made; echo "exit $?"', (spec) => {
          spec.process.noNewPrivileges = noNewPrivileges;
          spec.annotations = { key: 'value' };
          profile(onMkdir('SCMP_ACT_NOTIFY'), { listenerPath: path, listenerMetadata: 'for the agent' })(spec);
        });
        const id = bench.sandbox.id();
        const created = bench.sandbox.run(['create', '-b', bundle, id]);
        t.equal(created.code, 0, created.stderr);
        const connection = acceptUnix(listener);
        const { data, descriptors } = receiveDescriptors(connection);
        const { pid } = JSON.parse(bench.sandbox.run(['state', id]).stdout);
        const message = JSON.parse(data.toString());
        t.match(message, {
          ociVersion: String,
          fds: ['seccompFd'],
          pid,
          metadata: 'for the agent',
          state: { id, status: 'creating', pid, bundle, annotations: { key: 'value' } },
        });
        bench.sandbox.run(['start', id]);
        answerWith(descriptors[0]!, Errno.ENOSPC);
        t.match(await ended(() => bench.sandbox.stdout()), /exit 1/);
        for (const descriptor of [connection, listener, ...descriptors]) closeSync(descriptor);
        rmSync(path);
        bench.stop(id);
      },
    }),
  ),
  {
    name: 'NOTIFY: exec has a listener of its own',
    notCrun: 'crun 1.8 tells the listener of an exec that the container has pid 0',
    act: (t, bench) => {
      const path = join(bench.sandbox.directory, 'listener');
      const listener = listenUnix(path);
      const { id, pid } = bench.start(
        bench.sandbox.script('sleep 100', profile(onMkdir('SCMP_ACT_NOTIFY'), { listenerPath: path })),
      );
      const first = acceptUnix(listener);
      receiveDescriptors(first).descriptors.forEach((descriptor) => void closeSync(descriptor));
      const { code, stderr } = bench.sandbox.run(['exec', id, 'true']);
      t.equal(code, 0, stderr);
      const second = acceptUnix(listener);
      const { data, descriptors } = receiveDescriptors(second);
      const message = JSON.parse(data.toString());
      t.equal(descriptors.length, 1);
      t.match(message.state, { id, status: 'running', pid });
      t.not(message.pid, pid);
      for (const descriptor of [first, second, listener, ...descriptors]) closeSync(descriptor);
      rmSync(path);
      bench.stop(id);
    },
  },
  {
    name: 'NOTIFY with WAIT_KILLABLE_RECV',
    notRunc: 'runc 1.1 knows no flags',
    act: (t, bench) => {
      const path = join(bench.sandbox.directory, 'listener');
      const listener = listenUnix(path);
      const edit = profile(onMkdir('SCMP_ACT_NOTIFY'), {
        listenerPath: path,
        flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],
      });
      t.equal(bench.run(bench.sandbox.script('echo', edit)).code, 0);
      closeSync(listener);
      rmSync(path);
    },
  },
  {
    name: 'NOTIFY: nobody listens',
    edit: profile(onMkdir('SCMP_ACT_NOTIFY'), { listenerPath: '/nosuch' }),
    code: 1,
    says: /failed to connect with seccomp agent specified in the seccomp profile: dial unix \/nosuch: connect: no such file/,
  },
  {
    name: 'NOTIFY: refused as the default action, for write, and without a path',
    notCrun: 'crun 1.8 runs a container whose profile names no listener',
    act: (t, bench) => {
      const cases: readonly (readonly [(spec: DraftSpec) => void, RegExp])[] = [
        [profile([], { defaultAction: 'SCMP_ACT_NOTIFY', listenerPath: '/x' }), /cannot be used as default action/],
        [
          profile([{ names: ['write'], action: 'SCMP_ACT_NOTIFY' }], { listenerPath: '/x' }),
          /SCMP_ACT_NOTIFY cannot be used for the write syscall/,
        ],
        [profile(onMkdir('SCMP_ACT_NOTIFY')), /listenerPath is not set/],
      ];
      for (const [edit, words] of cases) bench.refuses(t, edit, words);
    },
  },
  {
    name: 'refused: no such action, operator, architecture',
    act: (t, bench) => {
      const cases: readonly (readonly [(spec: DraftSpec) => void, RegExp])[] = [
        [profile(onMkdir('SCMP_ACT_FOO')), /string SCMP_ACT_FOO is not a valid action for seccomp/],
        [
          profile([{ names: ['mkdir'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0, value: 0, op: 'SCMP_CMP_FOO' }] }]),
          /string SCMP_CMP_FOO is not a valid operator for seccomp/,
        ],
        [profile([], { architectures: ['SCMP_ARCH_FOO'] }), /string SCMP_ARCH_FOO is not a valid arch for seccomp/],
      ];
      for (const [edit, words] of cases) bench.refuses(t, edit, words);
    },
  },
]);

/** Receives one report and answers an error (seccomp_unotify(2): struct seccomp_notif, struct seccomp_notif_resp). */
function answerWith(listener: number, errno: number): void {
  const [receive, send] = [0xc0502100, 0xc0182101];
  const report = Buffer.alloc(80);
  syscall('ioctl', [listener, receive, report], 'receive a seccomp report');
  const answer = Buffer.alloc(24);
  answer.writeBigUInt64LE(report.readBigUInt64LE(0), 0);
  answer.writeInt32LE(-errno, 16);
  syscall('ioctl', [listener, send, answer], 'answer a seccomp report');
}

/** What was printed, once that is something. */
async function ended(read: () => string): Promise<string> {
  for (let round = 0; round < 100; round++) {
    if (read() !== '') return read();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return read();
}
