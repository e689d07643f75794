/** Capabilities and devices that a process has although it was not given them. */
import { statSync } from 'node:fs';
import { type Attack, shortly } from '../arena.ts';

export const privilegeAttacks: readonly Attack[] = [
  {
    name: 'capabilities left in the inheritable set, for a file that has them too',
    known: 'CVE-2022-29162',
    act(arena) {
      const id = arena.start('sleep 1000');
      const words = ['exec', '--cap', 'CAP_NET_RAW', id, 'grep', '-E', 'CapInh|CapAmb', '/proc/self/status'];
      const { stdout } = arena.sandbox.run(words);
      arena.stop(id);
      const sets = [...stdout.matchAll(/Cap(\w+):\t(\w+)/g)];
      const left = sets.filter(([, , mask = '']) => BigInt(`0x${mask}`) !== 0n);
      return {
        escaped: left.length > 0 || sets.length === 0,
        what: left.length > 0 ? `left: ${left[0]?.[2]}` : 'both sets empty',
      };
    },
  },
  {
    name: "open the host's disk by a node of one's own",
    known: 'the allow list',
    act(arena) {
      const disk = statSync('/').dev;
      const [major, minor] = [(disk >> 8) & 0xfff, (disk & 0xff) | ((disk >> 12) & 0xfff00)];
      const script = `mknod /disk b ${major} ${minor} && dd if=/disk of=/dev/null bs=512 count=1 2>&1; mknod /mem c 1 1 && dd if=/mem of=/dev/null bs=16 count=1; rm -f /disk /mem`;
      const outcome = arena.run(script, (spec) => {
        for (const kind of ['bounding', 'effective', 'permitted'] as const)
          spec.process.capabilities![kind] = [...spec.process.capabilities![kind]!, 'CAP_MKNOD', 'CAP_SYS_RAWIO'];
      });
      const text = outcome.stdout + outcome.stderr;
      return {
        escaped: /records? in/.test(text),
        what: /not permitted/.test(text) ? 'not permitted' : text.trim().slice(-60),
      };
    },
  },
  {
    name: 'a device of the configuration whose path leads out',
    known: 'linux.devices',
    act(arena) {
      const outcome = arena.run('true', (spec) => {
        const path = `/dev/../../../../../../../..${arena.outside}/node`;
        spec.linux.devices = [{ path, type: 'c', major: 1, minor: 3 }];
      });
      return { escaped: arena.made().length > 0, what: `${shortly(outcome)}, nothing made outside` };
    },
  },
];
