/** The same bundles and command lines for runc 1.1 and for this runtime: output, exit code and log must be the same. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type DraftSpec, type Outcome, Sandbox, unable } from './testing/sandbox.ts';

interface Case {
  readonly name: string;
  readonly edit?: (spec: DraftSpec) => void;
  /** The command line; BUNDLE and ID stand for what they say. Default: create. */
  readonly args?: readonly string[];
  /** Where ours is meant to differ: what it answers, and why. */
  readonly ours?: { readonly code: number; readonly stderr: string | RegExp; readonly because: string };
}

const create = ['create', '-b', 'BUNDLE', 'ID'];
const run = ['run', '-b', 'BUNDLE', 'ID'];
const args =
  (...words: string[]) =>
  (spec: DraftSpec) => {
    spec.process.args = words;
  };
const shell =
  (script: string, edit: (spec: DraftSpec) => void = () => {}) =>
  (spec: DraftSpec) => {
    spec.process.args = ['/bin/sh', '-c', script];
    edit(spec);
  };
const mount =
  (destination: string, type: string, source: string, ...options: string[]) =>
  (spec: DraftSpec) => {
    spec.mounts!.push({ destination, type, source, options });
  };
const hook = (kind: 'prestart' | 'createContainer' | 'poststart' | 'poststop', script: string) => (spec: DraftSpec) => {
  spec.hooks = { [kind]: [{ path: '/bin/sh', args: ['sh', '-c', script] }] };
};
const namespaces = (change: (type: string) => boolean) => (spec: DraftSpec) => {
  spec.linux.namespaces = spec.linux.namespaces!.filter(({ type = '' }) => change(type));
};

const cases: readonly Case[] = [
  { name: 'a command', edit: shell('echo out; echo err >&2; exit 3'), args: run },
  { name: 'no such command', edit: args('nosuch') },
  {
    name: 'no executable',
    edit: args('/etc/passwd'),
    ours: {
      code: 1,
      stderr: /: exec: "\/etc\/passwd": permission denied: it has no execute bit\n$/,
      because: 'says why',
    },
  },
  { name: 'no such path', edit: args('/nope') },
  {
    name: 'a directory',
    edit: args('/etc'),
    ours: { code: 1, stderr: /: exec: "\/etc": permission denied: it is a directory\n$/, because: 'says why' },
  },
  { name: 'a relative path', edit: args('./x/y') },
  { name: 'an empty command', edit: args('') },
  { name: 'no command', edit: args() },
  {
    name: 'a script without interpreter',
    edit: args('/script'),
    args: run,
    ours: {
      code: 127,
      stderr: /^exec \/script: no such file or directory: the script's interpreter "\/bin\/nosuch" is missing\n$/,
      because: 'says what is missing',
    },
  },
  {
    name: 'not a program',
    edit: args('/garbage'),
    args: run,
    ours: { code: 126, stderr: /^exec \/garbage: exec format error: /, because: 'says why' },
  },
  { name: 'no PATH', edit: (spec) => Object.assign(spec.process, { args: ['ls'], env: [] }), args: run },
  { name: 'cwd is made', edit: shell('pwd', (spec) => (spec.process.cwd = '/new/dir')), args: run },
  { name: 'cwd is a file', edit: (spec) => (spec.process.cwd = '/etc/passwd') },
  { name: 'cwd is relative', edit: (spec) => (spec.process.cwd = 'x') },
  { name: 'cwd is empty', edit: (spec) => (spec.process.cwd = '') },
  {
    name: 'no such file system',
    edit: mount('/x', 'nosuchfs', 'none'),
    ours: {
      code: 1,
      stderr: /error mounting "none" to rootfs at "\/x": mount none on \/x: no such device\n$/,
      because: 'no number of a descriptor',
    },
  },
  {
    name: 'no such mount option',
    edit: mount('/x', 'tmpfs', 'none', 'foo=bar'),
    ours: {
      code: 1,
      stderr:
        /error mounting "none" to rootfs at "\/x": mount none on \/x \(foo=bar\), option foo=bar: invalid argument\n$/,
      because: 'names the option',
    },
  },
  { name: 'no such mount source', edit: mount('/x', 'bind', '/nosuch', 'bind') },
  {
    name: 'a directory on a file',
    edit: mount('/etc/passwd', 'bind', '/tmp', 'bind'),
    ours: {
      code: 1,
      stderr: /error mounting "\/tmp" to rootfs at "\/etc\/passwd": .*: not a directory\n$/,
      because: 'no number of a descriptor',
    },
  },
  {
    name: 'a file on a directory',
    edit: mount('/etc', 'bind', '/etc/passwd', 'bind'),
    ours: {
      code: 1,
      stderr: /error mounting "\/etc\/passwd" to rootfs at "\/etc": .*: not a directory\n$/,
      because: 'no number of a descriptor',
    },
  },
  {
    name: 'a mount inside /proc',
    edit: mount('/proc/sys', 'devpts', 'none'),
    ours: {
      code: 1,
      stderr: /"\/proc\/sys" cannot be mounted because it is inside \/proc\n$/,
      because: 'is refused before anything is made',
    },
  },
  { name: 'no such rlimit', edit: (spec) => (spec.process.rlimits = [{ type: 'RLIMIT_FOO', hard: 1, soft: 1 }]) },
  {
    name: 'no such capability',
    edit: (spec) => {
      args('true')(spec);
      spec.process.capabilities!.bounding!.push('CAP_FOO');
    },
    args: run,
  },
  { name: 'no such sysctl', edit: (spec) => (spec.linux.sysctl = { 'kernel.foo': '1' }) },
  { name: 'no such sysctl of the network', edit: (spec) => (spec.linux.sysctl = { 'net.ipv4.foo': '1' }) },
  {
    name: 'a sysctl of the host',
    edit: (spec) => {
      spec.linux.sysctl = { 'net.ipv4.ip_forward': '1' };
      namespaces((type) => type !== 'network')(spec);
    },
  },
  { name: 'no uts namespace', edit: namespaces((type) => type !== 'uts') },
  { name: 'no mount namespace', edit: namespaces((type) => type !== 'mount') },
  { name: 'a namespace twice', edit: (spec) => spec.linux.namespaces!.push({ type: 'pid' }) },
  { name: 'no such namespace', edit: (spec) => spec.linux.namespaces!.push({ type: 'foo' }) },
  {
    name: 'not a namespace',
    edit: (spec) => {
      spec.linux.namespaces = spec.linux.namespaces!.map(({ type = '' }) =>
        type === 'network' ? { type, path: '/etc/passwd' } : { type },
      );
    },
    ours: {
      code: 1,
      stderr: /failed to setns into network namespace: invalid argument\n$/,
      because: 'runc says that a pipe has ended',
    },
  },
  { name: 'no such propagation', edit: (spec) => (spec.linux.rootfsPropagation = 'foo') },
  { name: 'no process', edit: (spec) => delete (spec as Partial<DraftSpec>).process },
  { name: 'no root', edit: (spec) => delete spec.root },
  { name: 'no such rootfs', edit: (spec) => (spec.root!.path = '/nosuch') },
  { name: 'no such seccomp action', edit: (spec) => (spec.linux.seccomp = { defaultAction: 'SCMP_ACT_FOO' }) },
  {
    name: 'a seventh argument',
    edit: (spec) => {
      const condition = { index: 9, value: 1, op: 'SCMP_CMP_EQ' };
      spec.linux.seccomp = {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_ERRNO', args: [condition] }],
      };
    },
  },
  { name: 'no such device type', edit: (spec) => (spec.linux.devices = [{ path: '/dev/x', type: 'x' }]) },
  {
    name: 'a device rule without access',
    edit: (spec) => (spec.linux.resources!.devices = [{ allow: true, type: 'c' }]),
  },
  {
    name: 'no such device rule',
    edit: (spec) => (spec.linux.resources!.devices = [{ allow: true, type: 'q', access: 'r' }]),
  },
  { name: 'too little CPU time', edit: (spec) => (spec.linux.resources!.cpu = { quota: 1, period: 100000 }) },
  { name: 'a hook fails', edit: hook('prestart', 'echo out; echo err >&2; exit 4') },
  { name: 'a hook in the container fails', edit: hook('createContainer', 'exit 4') },
  { name: 'a hook after the start fails', edit: hook('poststart', 'exit 4'), args: run },
  {
    name: 'a hook after the end fails',
    edit: (spec) => {
      args('true')(spec);
      hook('poststop', 'exit 4')(spec);
    },
    args: run,
  },
  { name: 'a hook is killed', edit: hook('prestart', 'kill -9 $$') },
  { name: 'no such hook', edit: (spec) => (spec.hooks = { prestart: [{ path: '/bin/nosuch' }] }) },
  {
    name: 'a hook takes too long',
    edit: (spec) => (spec.hooks = { prestart: [{ path: '/bin/sleep', args: ['sleep', '9'], timeout: 1 }] }),
  },
  { name: 'a terminal without console socket', edit: (spec) => (spec.process.terminal = true) },
  { name: 'a console socket without terminal', args: ['create', '-b', 'BUNDLE', '--console-socket', '/nosuch', 'ID'] },
  {
    name: 'no such console socket',
    edit: (spec) => (spec.process.terminal = true),
    args: ['create', '-b', 'BUNDLE', '--console-socket', '/nosuch', 'ID'],
  },
  { name: 'an id with a slash', args: ['create', '-b', 'BUNDLE', 'a/b'] },
  { name: 'two dots as id', args: ['create', '-b', 'BUNDLE', '..'] },
  { name: 'no such bundle', args: ['create', '-b', '/nosuch', 'ID'] },
  { name: 'a bundle without configuration', args: ['create', '-b', '/proc', 'ID'] },
  { name: 'no such directory for the pid file', args: ['create', '-b', 'BUNDLE', '--pid-file', '/nosuch/pid', 'ID'] },
  { name: 'the wrong kind of value', edit: (spec) => ((spec.process as { args: unknown }).args = 'sleep') },
  { name: 'a number out of range', edit: (spec) => (spec.process.user = { uid: -1, gid: 0 }) },
  { name: 'no such container', args: ['state', 'ID'] },
  { name: 'delete of nothing', args: ['delete', 'ID'] },
  { name: 'forced delete of nothing', args: ['delete', '--force', 'ID'] },
  { name: 'kill of nothing', args: ['kill', 'ID', 'KILL'] },
  { name: 'exec in nothing', args: ['exec', 'ID', 'true'] },
  { name: 'no such list format', args: ['list', '--format', 'xml'] },
  { name: 'an empty list', args: ['list', '--format', 'json'] },
  {
    name: 'no such command line',
    args: ['nosuch'],
    ours: { code: 3, stderr: "No help topic for 'nosuch'\n", because: 'its log line has no line end within' },
  },
];

const noRunc = spawnSync('runc', ['--version']).status !== 0 && 'needs runc';

t.test('this runtime beside runc', { skip: unable || noRunc }, async (t) => {
  const ours = new Sandbox();
  const runc = ours.as(['runc']);
  t.teardown(() => ours.remove());
  writeFileSync(join(ours.rootfs, 'script'), '#!/bin/nosuch\n', { mode: 0o755 });
  writeFileSync(join(ours.rootfs, 'garbage'), 'garbage\n', { mode: 0o755 });

  for (const { name, edit, args: words = create, ours: expected } of cases) {
    await t.test(name, async (t) => {
      const bundle = ours.bundle((spec) => {
        args('sleep', '100')(spec);
        edit?.(spec);
      });
      const id = ours.id();
      const line = words.map((word) => word.replace('BUNDLE', bundle).replace('ID', id));
      const [theirs, own] = [runc.run(line), ours.run(line)];
      if (expected) {
        t.not(theirs.code, 0);
        t.match(own, { code: expected.code, stderr: expected.stderr }, expected.because);
      } else {
        t.same(comparable(own), comparable(theirs));
      }
      runc.run(['delete', '--force', id]);
      t.same(ours.leftovers(), [], 'nothing is left');
    });
  }
});

t.test('each takes over what the other has made', { skip: unable || noRunc }, async (t) => {
  const ours = new Sandbox();
  t.teardown(() => ours.remove());
  // The same root: what one has written, the other reads.
  const runc = ours.as(['runc'], ours.root);
  for (const [maker, other] of [
    [ours, runc],
    [runc, ours],
  ] as const) {
    const id = ours.id();
    const bundle = ours.bundle((spec) => {
      args('sleep', '100')(spec);
      spec.annotations = { key: 'value' };
    });
    t.equal(maker.run(['run', '-d', '-b', bundle, id]).code, 0);
    t.same(JSON.parse(other.run(['state', id]).stdout), JSON.parse(maker.run(['state', id]).stdout));
    t.match(other.run(['exec', id, 'echo', 'hi']), { code: 0, stdout: 'hi\n' });
    for (const verb of ['pause', 'resume']) t.equal(other.run([verb, id]).code, 0, verb);
    t.equal(other.run(['delete', '--force', id]).code, 0);
    t.same(ours.leftovers(), []);
  }
});

/** Without what differs from run to run; debugging and retries of runc are its own business. */
function comparable({ code, stdout, stderr, log }: Outcome): Outcome {
  return { code, stdout, stderr, log: log.filter(({ msg }) => !/oom kill count|Failed to remove cgroup/.test(msg)) };
}
