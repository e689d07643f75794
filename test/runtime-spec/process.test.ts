/** A process: user, groups, limits, capabilities, environment, directory, descriptors, keyring, terminal (config.md). */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { receiveDescriptors } from '../../packages/linux/src/descriptor-message.ts';
import { windowSize } from '../../packages/linux/src/pty.ts';
import { acceptUnix, listenUnix } from '../../packages/linux/src/socket.ts';
import type { DraftSpec } from '../../packages/runtime/src/testing/sandbox.ts';
import { type Case, testFeature } from './support.ts';

const field = (name: string) => `grep "^${name}:" /proc/self/status | tr -s "\\t " " "`;
const all = ['CAP_CHOWN', 'CAP_KILL', 'CAP_NET_RAW', 'CAP_SYS_CHROOT'];

const capabilities = (name: string, sets: DraftSpec['process']['capabilities'], prints: string): Case => ({
  name: `capabilities: ${name}`,
  edit: (spec) => {
    spec.process.capabilities = sets!;
    spec.process.noNewPrivileges = false;
    if (name.startsWith('user:')) spec.process.user = { uid: 1000, gid: 1000 };
  },
  script: `for each in Inh Prm Eff Bnd Amb; do grep Cap$each /proc/self/status | cut -f2 | sed "s/^0*//"; done`,
  prints,
});

/** By number: the highest that a process here may set is what it has itself. */
const limits: readonly (readonly [type: string, name: string, soft: number, hard: number])[] = [
  ['RLIMIT_CPU', 'Max cpu time', 1000, 2000],
  ['RLIMIT_FSIZE', 'Max file size', 100000, 200000],
  ['RLIMIT_DATA', 'Max data size', 100000000, 200000000],
  ['RLIMIT_STACK', 'Max stack size', 4194304, 8388608],
  ['RLIMIT_CORE', 'Max core file size', 0, 0],
  ['RLIMIT_RSS', 'Max resident set', 100000000, 100000000],
  ['RLIMIT_NPROC', 'Max processes', 500, 1000],
  ['RLIMIT_NOFILE', 'Max open files', 100, 200],
  ['RLIMIT_MEMLOCK', 'Max locked memory', 32768, 65536],
  ['RLIMIT_AS', 'Max address space', 1000000000, 2000000000],
  ['RLIMIT_LOCKS', 'Max file locks', 10, 20],
  ['RLIMIT_SIGPENDING', 'Max pending signals', 10, 20],
  ['RLIMIT_MSGQUEUE', 'Max msgqueue size', 10000, 20000],
  ['RLIMIT_NICE', 'Max nice priority', 0, 0],
  ['RLIMIT_RTPRIO', 'Max realtime priority', 0, 0],
  ['RLIMIT_RTTIME', 'Max realtime timeout', 1000, 2000],
];

testFeature('process', [
  {
    name: 'user and groups',
    edit: (spec) => {
      spec.process.user = { uid: 1000, gid: 1001, additionalGids: [5, 6, 7] };
    },
    script: 'id',
    prints: 'uid=1000(user) gid=1001 groups=5,6,7\n',
  },
  {
    name: 'umask',
    edit: (spec) => {
      spec.process.user = { uid: 0, gid: 0, umask: 0o77 };
    },
    script: 'umask; touch /tmp/masked; stat -c %a /tmp/masked; rm -f /tmp/masked',
    prints: '0077\n600\n',
  },
  {
    name: 'environment, and the home of the user',
    edit: (spec) => {
      spec.process.user = { uid: 1000, gid: 1000 };
      spec.process.env = ['PATH=/bin', 'A=b c', 'EMPTY=', 'A2=ä'];
    },
    script: 'env | sort',
    prints: /^A2=ä\nA=b c\nEMPTY=\nHOME=\/home\/user\nPATH=\/bin\nPWD=\/\nSHLVL=\d\n$/,
  },
  {
    name: 'a directory that has to be made',
    edit: (spec) => {
      spec.process.cwd = '/made/for/it';
    },
    script: 'pwd',
    prints: '/made/for/it\n',
  },
  ...limits.map(
    ([type, name, soft, hard]): Case => ({
      name: `limit: ${type}`,
      batch: 'limits',
      edit: (spec) => {
        const limit = { type, soft, hard };
        spec.process.rlimits = [...(spec.process.rlimits ?? []).filter((other) => other.type !== type), limit];
      },
      script: `grep "^${name} " /proc/self/limits | tr -s " "`,
      prints: new RegExp(`^${name} ${soft} ${hard} `),
    }),
  ),
  {
    name: 'limit: twice',
    notRunc: 'runc 1.1 sets one after the other',
    notCrun: 'crun 1.8 sets one after the other',
    edit: (spec) => {
      const type = 'RLIMIT_NOFILE';
      spec.process.rlimits = [
        { type, soft: 10, hard: 20 },
        { type, soft: 30, hard: 40 },
      ];
    },
    code: 1,
    says: /duplicated rlimit: RLIMIT_NOFILE/,
  },
  capabilities('none', {}, '\n\n\n\n\n'),
  capabilities('bounding alone', { bounding: all }, '\n42021\n42021\n42021\n\n'),
  capabilities(
    'permitted and effective',
    { bounding: all, permitted: all, effective: ['CAP_KILL'] },
    // An execve as root gives all that is permitted.
    '\n42021\n42021\n42021\n\n',
  ),
  capabilities(
    'user: what is ambient stays',
    { bounding: all, permitted: all, effective: all, inheritable: ['CAP_KILL', 'CAP_CHOWN'], ambient: ['CAP_KILL'] },
    '21\n20\n20\n42021\n20\n',
  ),
  capabilities('user: what is not ambient goes', { bounding: all, permitted: all, effective: all }, '\n\n\n42021\n\n'),
  ...[true, false].map(
    (set): Case => ({
      name: `no_new_privs: ${set}`,
      edit: (spec) => {
        spec.process.noNewPrivileges = set;
      },
      script: field('NoNewPrivs'),
      prints: `NoNewPrivs: ${Number(set)}\n`,
    }),
  ),
  {
    name: 'a score for when memory is short',
    edit: (spec) => {
      spec.process.oomScoreAdj = 321;
    },
    script: 'cat /proc/self/oom_score_adj',
    prints: '321\n',
  },
  {
    name: 'without a score it has that of its maker',
    script: 'cat /proc/self/oom_score_adj',
    prints: readFileSync('/proc/self/oom_score_adj', 'utf8'),
  },
  {
    name: 'refused: AppArmor where there is none',
    skip: spawnSync('test', ['-d', '/sys/kernel/security/apparmor']).status === 0 && 'this machine has AppArmor',
    edit: (spec) => {
      spec.process.apparmorProfile = 'some-profile';
    },
    code: 1,
    says: /apparmor failed to apply profile: write \/proc\/self\/attr\/exec: invalid argument/,
  },
  {
    name: 'refused: an SELinux label where there is none',
    skip: spawnSync('test', ['-d', '/sys/fs/selinux']).status === 0 && 'this machine has SELinux',
    edit: (spec) => {
      spec.process.selinuxLabel = 'system_u:system_r:container_t:s0';
    },
    code: 1,
    says: /selinux label is specified in config, but selinux is disabled or not supported/,
  },
  {
    name: 'no descriptor but stdio',
    notRunc: 'runc 1.1.5 leaves one open (CVE-2024-21626)',
    // The fourth is that of ls.
    script: 'exec ls /proc/self/fd',
    prints: '0\n1\n2\n3\n',
  },
  {
    name: 'preserved descriptors',
    act: (t, { sandbox }) => {
      const bundle = sandbox.script('cat <&3; cat <&4');
      const [first, second] = ['etc/passwd', 'etc/passwd'].map((name) => openSync(join(sandbox.rootfs, name), 'r'));
      const path = join(sandbox.directory, 'preserved');
      const out = openSync(path, 'w');
      const id = sandbox.id();
      const { code } = sandbox.run(['run', '--preserve-fds', '2', '-b', bundle, id], {
        stdio: ['ignore', out, 'ignore', first!, second!],
      });
      t.equal(code, 0);
      t.match(readFileSync(path, 'utf8'), /^root:.*\nuser:.*\nroot:.*\nuser:/);
      for (const descriptor of [first, second, out]) if (descriptor !== undefined) closeSync(descriptor);
    },
  },
  {
    name: 'LISTEN_FDS: sockets of systemd',
    notCrun: 'crun 1.8 sets no LISTEN_PID',
    act: (t, { sandbox }) => {
      const bundle = sandbox.script('echo $LISTEN_FDS $LISTEN_PID; cat <&3 | head -1');
      const file = openSync(join(sandbox.rootfs, 'etc/passwd'), 'r');
      const path = join(sandbox.directory, 'listened');
      const out = openSync(path, 'w');
      // They are meant for the process whose number is given with them (sd_listen_fds(3)).
      const asListener = sandbox.as(['sh', '-c', 'LISTEN_PID=$$ exec "$@"', 'sh', ...sandbox.command], sandbox.root);
      const { code } = asListener.run(['run', '-b', bundle, sandbox.id()], {
        stdio: ['ignore', out, 'ignore', file],
        env: { ...process.env, LISTEN_FDS: '1' },
      });
      t.equal(code, 0);
      t.match(readFileSync(path, 'utf8'), /^1 1\nroot:/);
      for (const descriptor of [file, out]) closeSync(descriptor);
    },
  },
  {
    name: 'a keyring of its own',
    notCrun: 'crun names it by the id alone',
    act: (t, { sandbox }) => {
      const bundle = sandbox.script('grep -o "_ses.test-[-0-9]*" /proc/keys; true', (spec) => {
        spec.linux.maskedPaths = [];
      });
      for (const flags of [[], ['--no-new-keyring']]) {
        const id = sandbox.id();
        const { code, stdout } = sandbox.run(['run', ...flags, '-b', bundle, id]);
        t.equal(code, 0);
        t.equal(stdout.split('\n').includes(`_ses.${id}`), flags.length === 0);
      }
    },
  },
  {
    name: 'a terminal of a size',
    act: (t, { sandbox }) => {
      const socket = join(sandbox.directory, 'console');
      const listener = listenUnix(socket);
      const bundle = sandbox.script('tty; stty size; ls -l /proc/self/fd/2; echo end; read line', (spec) => {
        spec.process.terminal = true;
        spec.process.consoleSize = { height: 21, width: 87 };
      });
      const id = sandbox.id();
      const { code, stderr } = sandbox.run(['run', '-d', '--console-socket', socket, '-b', bundle, id]);
      t.equal(code, 0, stderr);
      const connection = acceptUnix(listener);
      const [master = -1] = receiveDescriptors(connection).descriptors;
      t.same(windowSize(master), { height: 21, width: 87 });
      t.match(readTo(master, 'end'), /\/dev\/pts\/0\r\n21 87\r\n.*-> \/dev\/pts\/0\r\n/);
      writeSync(master, '\n');
      for (const descriptor of [master, connection, listener]) closeSync(descriptor);
      rmSync(socket);
      sandbox.run(['delete', '--force', id]);
    },
  },
  {
    name: 'the exit code, also of a signal',
    act: (t, bench) => {
      t.equal(bench.run(bench.sandbox.script('exit 7')).code, 7);
      t.equal(bench.run(bench.sandbox.script('exec sh -c "exit 0"')).code, 0);
    },
  },
]);

/** What a terminal prints up to a line. */
function readTo(master: number, line: string): string {
  const { readSync } = process.getBuiltinModule('node:fs');
  const buffer = Buffer.alloc(4096);
  let text = '';
  while (!text.includes(`\n${line}\r\n`)) text += buffer.toString('utf8', 0, readSync(master, buffer));
  return text;
}
