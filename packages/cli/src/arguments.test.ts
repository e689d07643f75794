/** The program's own flags are not ours. */
import t from 'tap';
import { separateProgram } from './arguments.ts';

t.test('run and exec', async (t) => {
  const split = (line: string): string => separateProgram(line.split(' ')).join(' ');
  t.equal(split('run --rm -it -e A=1 busybox ls -l'), 'run --rm -it -e A=1 -- busybox ls -l');
  t.equal(split('-H unix:///s run -d busybox'), '-H unix:///s run -d -- busybox');
  t.equal(split('run --name=x -v/a:/b -m 8m busybox'), 'run --name=x -v/a:/b -m 8m -- busybox');
  t.equal(split('exec -it c sh -c x'), 'exec -it -- c sh -c x');
  t.equal(split('container run -itw /tmp busybox'), 'container run -itw /tmp -- busybox');
  t.equal(split('ps -a'), 'ps -a');
});
