import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseArguments } from './arguments.ts';
import { fault } from './test-faults.ts';
import { temporaryDirectory } from './test-fixtures.ts';

const directory = temporaryDirectory(t);

/** Writes a configuration file; answers its path. */
function config(text: string): string {
  const path = join(directory, 'config.toml');
  writeFileSync(path, text);
  return path;
}

t.match(parseArguments([]), {
  address: '/run/drydock/supervisor.sock',
  root: '/var/lib/drydock/supervisor',
  state: '/run/drydock/supervisor',
  logLevel: 'info',
  spareShims: 1,
});
t.match(
  parseArguments([
    '-a',
    '/a',
    '--root=/r',
    '--state',
    '/s',
    '-l',
    'debug',
    '--spare-shims',
    '0',
    '--shim',
    'x.v1=/y',
    '--shim',
    'z.v2=/w',
  ]),
  {
    address: '/a',
    root: '/r',
    state: '/s',
    logLevel: 'debug',
    spareShims: 0,
    shims: new Map([
      ['x.v1', '/y'],
      ['z.v2', '/w'],
    ]),
  },
);

const asDockerdWritesIt = `
version = 0
root = "/data/containerd/daemon"
state = "/exec/containerd/daemon"
plugin_dir = ""
disabled_plugins = ["io.containerd.grpc.v1.cri"]
oom_score = 0
[grpc]
  address = "/exec/containerd/containerd.sock"
  uid = 0
  max_recv_message_size = 16777216
[debug]
  address = "/exec/containerd/containerd-debug.sock"
  level = "warn"
[plugins]
  [plugins.linux]
    shim = "containerd-shim"
`;
t.match(parseArguments(['--config', config(asDockerdWritesIt)]), {
  root: '/data/containerd/daemon',
  state: '/exec/containerd/daemon',
  address: '/exec/containerd/containerd.sock',
  logLevel: 'warn',
});
t.match(
  parseArguments(['--root', '/r', '-c', config('version = 2\nroot = "/other"\nstate = ""')]),
  {
    root: '/r',
    state: '/run/drydock/supervisor',
  },
  'a flag goes before the file; an empty value is none',
);

t.throws(() => parseArguments(['--config', config('root = ')]), { message: /^failed to load TOML: .*config\.toml: / });
t.throws(() => parseArguments(['--config', config('root = 1')]), { message: /config\.toml: root: / });
t.throws(() => parseArguments(['--config', '/none/config.toml']), fault({ code: 'ENOENT' }));
t.throws(() => parseArguments(['--log-level', 'loud']), { message: 'log level "loud" is not known' });
t.throws(() => parseArguments(['--shim', 'x']), { message: '--shim takes NAME=PATH, not "x"' });
t.throws(() => parseArguments(['--spare-shims', 'some']), {
  message: '--spare-shims takes a number of shims, 0 for none',
});
t.throws(() => parseArguments(['--nonsense']), { message: /Unknown argument: nonsense/ });
