import t from 'tap';
import { type Flag, parseFlags } from './flags.ts';

const table: readonly Flag[] = [
  { names: ['bundle', 'b'], kind: 'string', help: '' },
  { names: ['no-subreaper'], kind: 'bool', help: '' },
  { names: ['env', 'e'], kind: 'list', help: '' },
  { names: ['preserve-fds'], kind: 'number', help: '' },
];

t.test('one dash or two, a value attached or not', async (t) => {
  const { flags, rest } = parseFlags(
    ['-bundle', '/b', '-no-subreaper', '--preserve-fds=2', '-e', 'A=b', '-e=C=d', 'id', '-b'],
    table,
  );
  t.equal(flags.text('bundle'), '/b');
  t.equal(flags.bool('no-subreaper'), true);
  t.equal(flags.number('preserve-fds'), 2);
  t.same(flags.list('env'), ['A=b', 'C=d']);
  t.same(rest, ['id', '-b'], 'what follows the first argument is not read');
});

t.test('anywhere', async (t) => {
  const { flags, rest } = parseFlags(['id', '--bundle', '/b', '--', '-x'], table, { anywhere: true });
  t.equal(flags.text('bundle'), '/b');
  t.same(rest, ['id', '-x']);
});

t.test('what does not fit', async (t) => {
  t.throws(() => parseFlags(['--foo'], table), { message: 'flag provided but not defined: -foo' });
  t.throws(() => parseFlags(['--bundle'], table), { message: 'flag needs an argument: -bundle' });
  t.throws(() => parseFlags(['--preserve-fds', 'x'], table), /invalid value "x" for flag -preserve-fds/);
  t.throws(() => parseFlags(['--no-subreaper=maybe'], table), /invalid boolean value "maybe"/);
  t.throws(() => parseFlags(['-b', 'x', '--bundle', 'y'], table), {
    message: 'Cannot use two forms of the same flag: b bundle',
  });
  t.equal(parseFlags(['--no-subreaper=false'], table).flags.bool('no-subreaper'), false);
});
