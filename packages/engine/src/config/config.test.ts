import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { parseFlags } from './flags.ts';
import { resolveConfig } from './resolve.ts';

const resolve = (...argv: string[]) => resolveConfig(parseFlags(argv), '/usr/bin');

t.test('flags', async (t) => {
  const config = resolve(
    '-H',
    'unix:///a',
    '-H',
    ':2375',
    '--exec-root',
    '/x',
    '--add-runtime',
    'drydock=/bin/d',
    '-D',
    '--default-ulimit',
    'nofile=1:2',
  );
  t.same(config.hosts, ['unix:///a', 'tcp://127.0.0.1:2375']);
  t.equal(config.pidfile, '/x/engine.pid');
  t.equal(config.runtimes.get('drydock'), '/bin/d');
  t.equal(config.logLevel, 'debug');
  t.same(config.defaultUlimits, [{ Name: 'nofile', Soft: 1, Hard: 2 }]);
  t.same(resolve('--host=unix:///b').hosts, ['unix:///b']);
  t.same(resolve().hosts, ['unix:///run/drydock/engine.sock']);
});

t.test('bad flags', async (t) => {
  t.throws(() => resolve('--nonsense'), /Unknown argument/);
  t.throws(() => resolve('--default-runtime', 'none'), /specified default runtime 'none' does not exist/);
  t.throws(() => resolve('-l', 'loud'), /invalid logging level: loud/);
  t.throws(() => resolve('--bridge', 'br0'), /no bridge network yet/);
  t.throws(() => resolve('-H', 'carrier://pigeon'), /unable to parse host/);
});

t.test('daemon.json', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-config-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'daemon.json');
  writeFileSync(
    file,
    JSON.stringify({ hosts: ['unix:///c'], runtimes: { crun: { path: '/bin/crun' } }, 'default-shm-size': '32M' }),
  );
  const config = resolve('--config-file', file);
  t.same(config.hosts, ['unix:///c']);
  t.equal(config.runtimes.get('crun'), '/bin/crun');
  t.equal(config.defaultShmSize, 32 * 1024 * 1024);
  t.throws(
    () => resolve('--config-file', file, '-H', 'unix:///d'),
    /specified both as a flag and in the configuration file: hosts/,
  );
  writeFileSync(file, '{"nope": 1}');
  t.throws(() => resolve('--config-file', file), /the following directives don't match any configuration option: nope/);
  t.throws(() => resolve('--config-file', join(directory, 'none')), /no such file or directory/);
});
