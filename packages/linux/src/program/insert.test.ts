import t from 'tap';
import { describeProgram } from './describe.ts';
import { insertOperations, operation } from './insert.ts';
import { Program } from './program.ts';

t.test('jumps lead to what was put in front of their goals', async (t) => {
  const program = new Program();
  const end = program.label();
  program.call('getpid', [], { onPositive: end });
  program.call('getppid', []);
  program.place(end);
  program.call('sync', []);
  const last = program.label();
  program.call('umask', [0], { onZero: last });
  program.place(last);

  const more = insertOperations(program, ({ call }) => (call === 'sync' ? [operation('gettid', [])] : []));
  t.same(
    describeProgram(more).map(({ call, branches }) => [call, ...branches].join(' ')),
    ['getpid() positive: 2', 'getppid()', 'gettid()', 'sync()', 'umask(0) 0: 5'],
  );
  t.same(
    describeProgram(program).map(({ call, branches }) => [call, ...branches].join(' ')),
    ['getpid() positive: 2', 'getppid()', 'sync()', 'umask(0) 0: 4'],
    'the given program is as it was',
  );
});
