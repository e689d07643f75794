/** Files of the kernel's that a container is not to read or to write, and what the image puts in the way. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { DraftSpec } from '../../../packages/runtime/src/testing/sandbox.ts';
import { type Arena, type Attack, shortly, type Verdict } from '../arena.ts';

/** A file of the kernel's that is the container's own, so that a runtime that falls for it harms nothing. */
const kernelFile = '/proc/sys/net/core/somaxconn';

/** A configuration whose /dev is the image's own, with one name in it a link. */
function withOwnDev(
  arena: Arena,
  name: string,
  target: string,
  act: (edit: (spec: DraftSpec) => void) => Verdict,
): Verdict {
  const dev = join(arena.rootfs, 'dev');
  symlinkSync(target, join(dev, name));
  try {
    return act((spec) => {
      spec.mounts = spec.mounts!.filter(({ destination }) => !destination?.startsWith('/dev'));
    });
  } finally {
    for (const entry of readdirSync(dev)) rmSync(join(dev, entry), { recursive: true, force: true });
    mkdirSync(dev, { recursive: true });
  }
}

export const maskAttacks: readonly Attack[] = [
  {
    name: '/dev/null of the image is a link to a file of the kernel, which then "masks"',
    known: 'CVE-2025-31133',
    act: (arena) =>
      withOwnDev(arena, 'null', kernelFile, (ownDev) => {
        const id = arena.sandbox.id();
        const bundle = arena.sandbox.script('sleep 1000', (spec) => {
          ownDev(spec);
          spec.linux.maskedPaths = ['/proc/keys'];
        });
        const outcome = arena.sandbox.run(['run', '-d', '-b', bundle, id]);
        if (outcome.code !== 0) return { escaped: false, what: shortly(outcome) };
        const process = `/proc/${JSON.parse(arena.sandbox.run(['state', id]).stdout).pid}`;
        const stdio = [0, 1, 2].filter((number) => readlinkSync(`${process}/fd/${number}`) === kernelFile);
        const masks = readFileSync(`${process}/mountinfo`, 'utf8').includes(' /sys/net/core/somaxconn /proc/keys ');
        arena.stop(id);
        const what = `${masks ? 'the file is at the masked path; ' : ''}it is descriptors [${stdio.join(' ')}]`;
        return { escaped: masks || stdio.length > 0, what };
      }),
  },
  {
    name: '/dev/console of the image is a link to a file of the kernel',
    known: 'CVE-2025-52565',
    act: (arena) =>
      withOwnDev(arena, 'console', kernelFile, (ownDev) => {
        const bundle = arena.sandbox.script(`test -c ${kernelFile} && echo bent; true`, (spec) => {
          ownDev(spec);
          const options = ['newinstance', 'ptmxmode=0666'];
          spec.mounts!.push({ destination: '/dev/pts', type: 'devpts', source: 'devpts', options });
          spec.process.terminal = true;
        });
        // A terminal for the runtime.
        const words = [...arena.sandbox.command, '--root', arena.sandbox.root, 'run', '-b', bundle, arena.sandbox.id()];
        const { status, stdout } = spawnSync('script', ['-qec', words.join(' '), '/dev/null'], { encoding: 'utf8' });
        const outcome = { code: status, stdout, stderr: stdout, log: [] };
        const escaped = outcome.stdout.includes('bent');
        return { escaped, what: escaped ? 'the terminal is over that file' : shortly(outcome) };
      }),
  },
  {
    name: 'write to sysfs, and to the read-only part of procfs',
    known: 'CVE-2023-28642',
    act(arena) {
      const targets = [
        '/sys/kernel/uevent_helper',
        '/sys/power/state',
        '/sys/module/kernel/parameters/panic',
        '/proc/sys/kernel/hostname',
        '/proc/sysrq-trigger',
      ];
      const { stdout } = arena.run(
        `for f in ${targets.join(' ')}; do (: >> $f) 2>/dev/null && echo $f; done; mkdir /sys/x 2>/dev/null && echo made; true`,
      );
      return {
        escaped: stdout !== '',
        what: stdout === '' ? 'read-only' : `could be written: ${stdout.split('\n')[0]}`,
      };
    },
  },
  {
    name: 'make a cgroup, raise a limit in /sys/fs/cgroup, with and without a cgroup namespace',
    known: 'CVE-2023-25809',
    act(arena) {
      const script = `cd /sys/fs/cgroup || exit 1; find . -type d | while read d; do mkdir $d/evil 2>/dev/null && rmdir $d/evil && echo $d; done; for f in $(find . -name 'pids.max' -o -name memory.max -o -name memory.limit_in_bytes -o -name devices.allow); do (: >> $f) 2>/dev/null && echo $f; done; true`;
      const outcomes = [true, false].map((own) =>
        arena.run(script, (spec) => {
          spec.mounts = spec.mounts!.filter(({ destination }) => destination !== '/sys/fs/cgroup');
          spec.mounts.push({
            destination: '/sys/fs/cgroup',
            type: 'cgroup',
            source: 'cgroup',
            options: ['nosuid', 'noexec', 'nodev', 'relatime', 'ro'],
          });
          if (own) spec.linux.namespaces!.push({ type: 'cgroup' });
        }),
      );
      const could = outcomes.map(({ stdout }) => stdout).join('');
      return {
        escaped: could !== '',
        what: could === '' ? outcomes.map(shortly).join(', ') : `wrote ${could.split('\n')[0]}`,
      };
    },
  },
];
