/** The command lines that containerd uses, and what is refused by name. */
import t from 'tap';
import { parseShimArguments } from './arguments.ts';

t.test('as containerd calls it', async (t) => {
  const line = '-namespace default -address /run/c.sock -publish-binary /usr/bin/containerd -id c1 -debug start';
  t.match(parseShimArguments(line.split(' ')), {
    namespace: 'default',
    address: '/run/c.sock',
    id: 'c1',
    debug: true,
    spare: false,
    action: 'start',
  });
  t.match(parseShimArguments(['--id=x', '-bundle', '/b', 'delete']), { id: 'x', bundle: '/b', action: 'delete' });
  t.match(parseShimArguments(['-v']), { version: true, action: undefined });
});

t.test('refused', async (t) => {
  t.throws(() => parseShimArguments(['-bogus']), /flag provided but not defined: -bogus/);
  t.throws(() => parseShimArguments(['-id']), /flag needs an argument: -id/);
  t.throws(() => parseShimArguments(['stop']), /unknown action stop/);
  t.throws(() => parseShimArguments(['start', 'twice']), /unexpected argument twice/);
});

t.test('a spare is told its parent', async (t) => {
  t.match(parseShimArguments(['-spare', '-parent', '42']), { spare: true, parent: 42 });
  t.throws(() => parseShimArguments(['-spare', '-parent', 'x']), { message: /invalid value "x" for flag -parent/ });
});
