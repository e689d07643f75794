/** Commands that cannot be executed: what is said of each by run and by exec, and with which exit code. */
import { chmodSync, closeSync, copyFileSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Sandbox, unable } from './testing/sandbox.ts';

interface Case {
  readonly command: string;
  /** Behind `exec NAME: `, on the container's standard error when the command was to be executed. */
  readonly says: RegExp;
  readonly code: 126 | 127;
}

const cases: readonly Case[] = [
  {
    command: '/orphan',
    says: /^no such file or directory: the script's interpreter "\/bin\/nosuch" is missing$/,
    code: 127,
  },
  {
    command: '/windows',
    says: /^no such file or directory: .*"\/bin\/sh\\r" is missing \(its first line ends as in Windows: \\r\\n\)$/,
    code: 127,
  },
  { command: '/dynamic', says: /^no such file or directory: the program's loader "\/lib.*" is missing$/, code: 127 },
  {
    command: '/foreign',
    says: /^exec format error: the program is for (arm64|amd64), and this machine is (amd64|arm64)$/,
    code: 126,
  },
  { command: '/empty', says: /^exec format error: the file is empty$/, code: 126 },
  { command: '/text', says: /^exec format error: it is neither a program nor a script with a #! line$/, code: 126 },
  {
    command: '/plain',
    says: /^permission denied: the script's interpreter "\/etc\/passwd" has no execute bit$/,
    code: 126,
  },
  {
    command: '/inside',
    says: /^permission denied: the script's interpreter "\/noexec\/true" is on a filesystem that is mounted noexec$/,
    code: 126,
  },
  { command: '/busy', says: /^text file busy: a process has it open for writing$/, code: 126 },
];

/** Those that are found when the command is looked for: then nothing is made. */
const refused = [
  {
    command: '/noexec/true',
    says: 'exec: "/noexec/true": permission denied: it is on a filesystem that is mounted noexec',
  },
  { command: '/noexec', says: 'exec: "/noexec": permission denied: it is a directory' },
  { command: '/etc/passwd', says: 'exec: "/etc/passwd": permission denied: it has no execute bit' },
  { command: '/private', says: 'exec: "/private": permission denied: its mode is for other users', user: 1000 },
];

t.test('diagnoses', { skip: unable }, async (t) => {
  const sandbox = new Sandbox();
  t.teardown(() => sandbox.remove());
  const path = (name: string) => join(sandbox.rootfs, name);
  const file = (name: string, contents: string | Uint8Array, mode = 0o755) => {
    writeFileSync(path(name), contents);
    chmodSync(path(name), mode);
  };
  file('orphan', '#!/bin/nosuch\n');
  file('windows', '#!/bin/sh\r\necho\r\n');
  file('empty', '');
  file('text', 'hello\n');
  file('plain', '#!/etc/passwd\n');
  file('inside', '#!/noexec/true\n');
  const foreign = Buffer.alloc(64);
  foreign.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  foreign.writeUInt16LE(process.arch === 'arm64' ? 62 : 183, 18);
  file('foreign', foreign);
  copyFileSync(process.execPath, path('dynamic'));
  for (const name of ['busy', 'private', 'tools/true']) {
    mkdirSync(path('tools'), { recursive: true });
    copyFileSync('/bin/busybox', path(name));
  }
  chmodSync(path('private'), 0o700);
  const writer = openSync(path('busy'), 'r+');

  const bundle = (args: string[], uid = 0) =>
    sandbox.bundle((spec) => {
      spec.process.args = args;
      spec.process.user = { uid, gid: uid };
      const source = path('tools');
      spec.mounts!.push({ destination: '/noexec', type: 'bind', source, options: ['bind', 'noexec'] });
    });
  const id = sandbox.id();
  t.equal(sandbox.run(['run', '-d', '-b', bundle(['sleep', '1000']), id]).code, 0);

  for (const { command, says, code } of cases) {
    const outcomes = { run: ['run', '-b', bundle([command]), sandbox.id()], exec: ['exec', id, command] };
    for (const [verb, words] of Object.entries(outcomes)) {
      const { code: own, stderr } = sandbox.run(words);
      t.equal(own, code, `${verb} ${command}`);
      t.ok(stderr.startsWith(`exec ${command}: `), stderr);
      t.match(stderr.slice(`exec ${command}: `.length).trimEnd(), says);
    }
  }
  for (const { command, says, user = 0 } of refused) {
    const failure = 'unable to start container process';
    const run = sandbox.run(['run', '-b', bundle([command], user), sandbox.id()]);
    t.match(run, { code: 1, stderr: `runc run failed: ${failure}: ${says}\n` });
    const exec = sandbox.run(['exec', '--user', String(user), id, command]);
    t.match(exec, { code: 255, stderr: `exec failed: ${failure}: ${says}\n` });
  }
  closeSync(writer);
  sandbox.run(['delete', '--force', id]);
  t.same(sandbox.leftovers(), []);
});
