/** The program's own flags are not ours. */
import t from 'tap';
import { separateProgram, spellGlobals } from './arguments.ts';

t.test('run and exec', async (t) => {
  const split = (line: string): string => separateProgram(line.split(' ')).join(' ');
  t.equal(split('-n moby run --rm --env A=1 -t image id ls -t'), '-n moby run --rm --env A=1 -t -- image id ls -t');
  t.equal(split('t exec --exec-id e c sh -c x'), 't exec --exec-id e -- c sh -c x');
  t.equal(split('run --env=A=1 image'), 'run --env=A=1 -- image');
  t.equal(split('-a s tasks ls -q'), '-a s tasks ls -q');
});

t.test('letters in front of the command are global flags', async (t) => {
  t.same(spellGlobals(['-a', 'x', '-n=y', 'tasks', 'kill', '-a', 'c']), [
    '--address',
    'x',
    '--namespace=y',
    'tasks',
    'kill',
    '-a',
    'c',
  ]);
  t.same(spellGlobals(['--namespace', '-a', 'run', '-a']), ['--namespace', '-a', 'run', '-a']);
});
