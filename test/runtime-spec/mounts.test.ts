/** Mounts with every option, propagation, other owners, masked and read-only paths (config.md, config-linux.md). */
import { chmodSync, chownSync, existsSync, mkdirSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DraftSpec, Sandbox } from '../../packages/runtime/src/testing/sandbox.ts';
import { type Case, testFeature, withUserNamespace } from './support.ts';

type Mount = NonNullable<DraftSpec['mounts']>[number];
const add = (mount: Mount) => (spec: DraftSpec) => {
  spec.mounts!.push(mount);
};
/** The mount's and the filesystem's options, as the kernel has them. */
const shown = (point: string) => `grep " ${point} " /proc/self/mountinfo | tail -1 | sed "s|.* ${point} ||; s| - | |"`;

/** A directory with a file and, on a directory in it, another mount: the rootfs's own /tmp is as good as any. */
function source(sandbox: Sandbox): string {
  const path = join(sandbox.directory, 'source');
  mkdirSync(join(path, 'below'), { recursive: true });
  writeFileSync(join(path, 'file'), 'contents\n');
  return path;
}

let count = 0;
/** A place to mount on that no other case has. */
const place = () => `/tmp/mount-${count++}`;

/** A tmpfs and a bind mount with an option: what the mount's options must then match. */
const option = (words: string, expected: RegExp, more: Partial<Case> = {}): Case[] => {
  const [tmpfs, bind] = [place(), place()];
  return [
    {
      name: `tmpfs: ${words}`,
      batch: 'options',
      edit: add({ destination: tmpfs, type: 'tmpfs', source: 'tmpfs', options: words.split(' ') }),
      script: shown(tmpfs),
      prints: expected,
      ...more,
    },
    {
      name: `bind: ${words}`,
      batch: 'options',
      edit: (spec, sandbox) =>
        add({ destination: bind, type: 'bind', source: source(sandbox), options: ['bind', ...words.split(' ')] })(spec),
      script: shown(bind),
      prints: expected,
      ...more,
    },
  ];
};

/** A tree of two mounts: what each of them must match after a recursive bind with the option. */
const recursive = (word: string, top: RegExp, below: RegExp, more: Partial<Case> = {}): Case => {
  const destination = place();
  return {
    name: `rbind: ${word}`,
    batch: 'recursive options',
    // The host's /dev is bound with what is mounted in it.
    edit: add({ destination, type: 'bind', source: '/dev', options: ['rbind', 'rprivate', ...word.split(' ')] }),
    script: `${shown(destination)}; echo; grep " ${destination}/" /proc/self/mountinfo | head -1 | sed "s|.* ${destination}/[^ ]* ||"`,
    prints: new RegExp(`^${top.source}[^\\n]*\\n\\n${below.source}`),
    ...more,
  };
};

const [major = 0, minor = 0] = release().split('.').map(Number);
/** A kernel before 6.3 cannot map the owners of a tmpfs, whose number is of statfs(2). */
const noIdmap =
  statfsSync(tmpdir()).type === 0x01021994 &&
  (major < 6 || (major === 6 && minor < 3)) &&
  'a tmpfs has idmapped mounts since Linux 6.3';

const takesFirst = 'of two opposite words, crun 1.8 takes that which sets a flag';
const leavesPrivate = 'crun 1.8 leaves the mount private';

testFeature('mounts', [
  ...option('ro', /^ro/),
  ...option('rw', /^rw/),
  ...option('ro rw', /^rw/, { notCrun: takesFirst }),
  ...option('nosuid', /^rw,nosuid/),
  ...option('nosuid suid', /^rw(?!,nosuid)/, { notCrun: takesFirst }),
  ...option('nodev', /^rw,nodev/),
  ...option('noexec', /^rw,noexec/),
  ...option('nosuid nodev noexec ro', /^ro,nosuid,nodev,noexec/),
  ...option('noatime', /^rw,noatime/),
  ...option('nodiratime', /^rw,nodiratime/),
  ...option('relatime', /^rw,relatime/),
  ...option('strictatime', /^rw [^,]/),
  ...option('nosymfollow', /^rw,(relatime,)?nosymfollow|^rw,nosymfollow/, { notCrun: 'crun 1.8 does not know it' }),
  ...option('defaults', /^rw,relatime/, { notRunc: 'runc 1.1 hands the word to a tmpfs, which does not know it' }),
  ...option('async nomand silent loud iversion acl', /^rw,relatime/, {
    notRunc: 'runc hands some of them to a kernel that has given them up',
    notCrun: 'crun 1.8 does not know all of them',
  }),
  ...option('shared', /shared:\d+/, { notCrun: leavesPrivate }),
  ...option('rshared', /shared:\d+/, { notCrun: leavesPrivate }),
  ...option('slave', /^rw,relatime tmpfs|^rw,relatime (master:\d+ )?ext4|^rw,relatime/),
  ...option('private', /^rw,relatime (?!shared)/),
  ...option('unbindable', /unbindable/, { notCrun: leavesPrivate }),
  ...option('runbindable', /unbindable/, { notCrun: leavesPrivate }),
  {
    name: 'filesystem options',
    notRunc: 'runc 1.1 changes the mode back to that of the directory in the image',
    edit: add({
      destination: '/tmp',
      type: 'tmpfs',
      source: 'name',
      options: ['size=1m', 'nr_inodes=100', 'mode=0710', 'uid=5', 'gid=6'],
    }),
    script: `${shown('/tmp')}; stat -c %a:%u:%g /tmp`,
    prints: /tmpfs name rw,size=1024k,nr_inodes=100,mode=710,uid=5,gid=6(,inode64)?\n710:5:6\n$/,
  },
  {
    name: 'sync and dirsync of a filesystem',
    edit: add({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['sync', 'dirsync'] }),
    script: shown('/tmp'),
    prints: /tmpfs tmpfs rw,sync,dirsync/,
  },
  {
    name: 'a file on a file, missing directories are made',
    edit: (spec, sandbox) =>
      add({
        destination: '/made/for/it',
        type: 'bind',
        source: join(source(sandbox), 'file'),
        options: ['bind', 'ro'],
      })(spec),
    script: 'cat /made/for/it; stat -c %a /made/for',
    prints: 'contents\n755\n',
  },
  {
    name: 'a relative destination',
    notRunc: 'runc warns of it too',
    edit: add({ destination: 'tmp', type: 'tmpfs', source: 'tmpfs' }),
    script: shown('/tmp'),
    prints: /tmpfs/,
  },
  {
    name: 'mounts over mounts, in order',
    edit: (spec) => {
      for (const size of ['1m', '2m'])
        spec.mounts!.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: [`size=${size}`] });
    },
    script: shown('/tmp'),
    prints: /size=2048k/,
  },
  {
    name: 'bind without rbind leaves out what is mounted below',
    edit: add({ destination: '/mnt', type: 'bind', source: '/dev', options: ['bind'] }),
    script: 'grep -c " /mnt/" /proc/self/mountinfo; true',
    prints: '0\n',
  },
  recursive('rro', /ro/, /ro/),
  recursive('ro', /ro/, /rw/),
  recursive('rnosuid', /rw,nosuid/, /rw,nosuid/),
  recursive('rnodev', /rw,[^ ]*nodev/, /rw,[^ ]*nodev/),
  recursive('rnoexec', /rw,[^ ]*noexec/, /rw,[^ ]*noexec/),
  recursive('rnoatime', /rw,[^ ]*noatime/, /rw,[^ ]*noatime/, { notCrun: 'crun 1.8 does not know it' }),
  recursive('rnodiratime', /rw,[^ ]*nodiratime/, /rw,[^ ]*nodiratime/, { notCrun: 'crun 1.8 does not know it' }),
  recursive('rnosymfollow', /rw,[^ ]*nosymfollow/, /rw,[^ ]*nosymfollow/, { notCrun: 'crun 1.8 does not know it' }),
  recursive('rnoexec rexec', /rw(?!,[^ ]*noexec)/, /rw/, {
    notRunc: 'of the two, runc 1.1 takes the first',
    notCrun: takesFirst,
  }),
  {
    name: 'tmpcopyup: begins as the image has it',
    edit: (spec, sandbox) => {
      const etc = join(sandbox.rootfs, 'etc/copied');
      mkdirSync(join(etc, 'deep'), { recursive: true });
      writeFileSync(join(etc, 'deep/file'), 'x'.repeat(100_000));
      writeFileSync(join(etc, 'own'), 'own\n');
      chownSync(join(etc, 'own'), 7, 8);
      chmodSync(join(etc, 'own'), 0o4755);
      symlinkSync('deep/file', join(etc, 'link'));
      add({ destination: '/etc/copied', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup'] })(spec);
    },
    script:
      'cd /etc/copied; stat -c %n:%a:%u:%g:%s deep deep/file own; readlink link; cat own; echo new > own; touch x; rm -rf /etc/copied/deep',
    prints: /deep:755:0:0:\d+\ndeep\/file:644:0:0:100000\nown:4755:7:8:4\ndeep\/file\nown\n/,
    notRunc: 'runc loses the set-user-id bit; and the image is changed by this case',
    notCrun: 'the image has been changed by this case',
  },
  {
    name: 'tmpcopyup in a user namespace',
    edit: (spec, sandbox) => {
      withUserNamespace(spec);
      const directory = join(sandbox.rootfs, 'etc/owned');
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, 'file'), 'owned\n');
      chownSync(join(directory, 'file'), 100005, 100006);
      add({ destination: '/etc/owned', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup', 'ro'] })(spec);
    },
    script: `cat /etc/owned/file; stat -c %u:%g /etc/owned/file; ${shown('/etc/owned')}`,
    prints: /^owned\n5:6\nro/,
  },
  {
    name: 'idmap: files have other owners in the container, and on the host',
    skip: noIdmap,
    notRunc: 'runc 1.1 has no such mounts',
    edit: (spec, sandbox) => {
      const path = source(sandbox);
      chownSync(join(path, 'file'), 1000, 1001);
      chmodSync(path, 0o777);
      const mapping = [{ containerID: 1000, hostID: 2000, size: 10 }];
      spec.mounts!.push({
        destination: '/tmp',
        type: 'bind',
        source: path,
        options: ['bind', 'idmap'],
        uidMappings: mapping,
        gidMappings: mapping,
      } as Mount);
    },
    script: 'stat -c %u:%g /tmp/file',
    prints: '2000:2001\n',
  },
  {
    name: 'idmap: with the ids of the container',
    skip: noIdmap,
    notRunc: 'runc 1.1 has no such mounts',
    edit: (spec, sandbox) => {
      withUserNamespace(spec);
      const path = source(sandbox);
      chownSync(join(path, 'file'), 1000, 1001);
      add({ destination: '/tmp', type: 'bind', source: path, options: ['bind', 'idmap'] })(spec);
    },
    script: 'stat -c %u:%g /tmp/file; id -u',
    prints: '1000:1001\n0\n',
  },
  {
    name: 'ridmap: the mounts below too',
    notCrun: 'crun 1.8 does not know the word',
    skip: noIdmap,
    notRunc: 'runc 1.1 has no such mounts',
    edit: (spec, sandbox) => {
      withUserNamespace(spec);
      add({ destination: '/tmp', type: 'bind', source: source(sandbox), options: ['rbind', 'ridmap'] })(spec);
    },
    script: 'stat -c %u:%g /tmp/below',
    prints: '0:0\n',
  },
  {
    name: 'a label where there is no SELinux',
    notCrun: 'crun 1.8 runs without it',
    skip: existsSync('/sys/fs/selinux/enforce') && 'this machine has SELinux',
    edit: (spec) => {
      spec.linux.mountLabel = 'system_u:object_r:container_file_t:s0';
    },
    code: 1,
    says: /error mounting "tmpfs" to rootfs at "\/dev": .*invalid argument/,
  },
  {
    name: 'masked: a file, a directory, what is missing',
    edit: (spec) => {
      spec.linux.maskedPaths = ['/etc/passwd', '/proc/irq', '/nosuch'];
    },
    script: 'cat /etc/passwd; ls /proc/irq; touch /proc/irq/x 2>&1; true',
    prints: /^touch: .*Read-only file system\n$/,
  },
  {
    name: 'read-only paths',
    edit: (spec) => {
      spec.linux.readonlyPaths = ['/etc', '/nosuch'];
    },
    script: 'touch /etc/x 2>&1; touch /tmp/y && echo written',
    prints: /Read-only file system\nwritten\n$/,
  },
  {
    name: 'a read-only root',
    edit: (spec) => {
      spec.root!.readonly = true;
    },
    script: 'touch /x 2>&1; touch /dev/shm/x && echo written',
    prints: /Read-only file system\nwritten\n$/,
  },
  ...(
    [
      ['private', /^[^:]*$/],
      ['rprivate', /^[^:]*$/],
      ['slave', /^[^:]*$|master:/],
      ['rslave', /^[^:]*$|master:/],
      ['shared', /shared:/],
      ['rshared', /shared:/],
      ['unbindable', /unbindable/],
      ['runbindable', /unbindable/],
    ] as const
  ).map(
    ([propagation, expected]): Case => ({
      name: `the root's propagation: ${propagation}`,
      ...(/shared|unbindable/.test(propagation) ? { notRunc: 'runc 1.1 loses or refuses these' } : {}),
      ...(propagation === 'runbindable' ? { notCrun: 'crun 1.8 cannot mask paths then' } : {}),
      edit: (spec) => {
        spec.linux.rootfsPropagation = propagation;
      },
      script: 'grep " / / \\| /[^ ]*rootfs / " /proc/self/mountinfo | sed "s/.* r[ow],[^ ]* //; s/ - .*//"',
      prints: expected,
    }),
  ),
]);
