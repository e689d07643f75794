/** Names, arguments and variables that a caller hands on, and that are not for the runtime. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Arena, type Attack, shortly } from '../arena.ts';

const variables = (arena: Arena) => {
  const module = join(arena.outside, 'evil.cjs');
  writeFileSync(module, `require('node:fs').writeFileSync(${JSON.stringify(join(arena.outside, 'loaded'))}, '')`);
  return [
    `LD_PRELOAD=${module}`,
    `NODE_OPTIONS=--require=${module}`,
    `BUN_OPTIONS=--preload=${module}`,
    `BUN_INSPECT_PRELOAD=${module}`,
    'BUN_BE_BUN=1',
    'GODEBUG=x',
    '_LIBCONTAINER_INITPIPE=3',
    'LISTEN_FDS=9',
    `BASH_ENV=${module}`,
    `HOME=${arena.outside}`,
  ];
};

export const wordAttacks: readonly Attack[] = [
  {
    name: 'a container id with a path in it',
    known: 'CVE-2016-9962 and others of its age',
    act(arena) {
      const victim = join(arena.sandbox.root, '../victim');
      mkdirSync(victim, { recursive: true });
      writeFileSync(join(victim, 'state.json'), JSON.stringify({ id: 'victim', cgroup_paths: {}, config: {} }));
      const bundle = arena.sandbox.bundle();
      const ids = ['../victim', '/etc', 'a/../../victim', '..', '.', '', 'a\\0b', `${'x'.repeat(5000)}`];
      const taken = ids.flatMap((id) =>
        [
          ['create', '-b', bundle, id],
          ['state', id],
          ['start', id],
          ['kill', id, 'KILL'],
          ['delete', '--force', id],
          ['exec', id, 'true'],
        ]
          .filter(
            ([verb, ...rest]) =>
              arena.sandbox.run([verb!, ...rest]).code === 0 && !(verb === 'delete' && existsSync(victim)),
          )
          .map(([verb]) => `${verb} ${id.slice(0, 20)}`),
      );
      const escaped = !existsSync(join(victim, 'state.json')) || taken.length > 0;
      rmSync(victim, { recursive: true, force: true });
      return { escaped, what: escaped ? `taken: ${taken.join(', ')}` : 'refused' };
    },
  },
  {
    name: 'options of the runtime as words of the command',
    known: 'argument injection',
    act(arena) {
      const id = arena.start('sleep 1000');
      const file = join(arena.outside, 'pid');
      const outcomes = [
        arena.exec(id, 'true', '--pid-file', file),
        arena.exec(id, 'true', `--pid-file=${file}`, '--detach'),
        arena.exec(id, '--', 'true', '--pid-file', file),
      ];
      arena.stop(id);
      return { escaped: existsSync(file), what: existsSync(file) ? 'taken as options' : outcomes.map(shortly)[0]! };
    },
  },
  {
    name: "variables of the container's environment that engines heed",
    known: 'environment injection',
    act(arena) {
      const loaded = join(arena.outside, 'loaded');
      const outcome = arena.run('echo $BUN_BE_BUN', (spec) => spec.process.env!.push(...variables(arena)));
      const id = arena.start('sleep 1000', (spec) => spec.process.env!.push(...variables(arena)));
      arena.sandbox.run(['exec', ...variables(arena).flatMap((word) => ['--env', word]), id, 'true']);
      arena.stop(id);
      const escaped = existsSync(loaded);
      rmSync(join(arena.outside, 'evil.cjs'));
      return { escaped, what: escaped ? 'the runtime loaded a file' : `${shortly(outcome)}: for the command alone` };
    },
  },
  {
    name: 'files in the bundle that engines heed',
    known: 'configuration injection',
    act(arena) {
      const loaded = join(arena.outside, 'loaded');
      const bundle = arena.sandbox.script('echo ran');
      writeFileSync(join(bundle, 'evil.js'), `require('node:fs').writeFileSync(${JSON.stringify(loaded)}, '')`);
      writeFileSync(join(bundle, 'bunfig.toml'), 'preload = ["./evil.js"]\n[run]\npreload = ["./evil.js"]\n');
      writeFileSync(join(bundle, '.env'), 'BUN_BE_BUN=1\nBUN_OPTIONS=--preload=./evil.js\n');
      writeFileSync(join(bundle, 'package.json'), '{ "main": "evil.js" }');
      writeFileSync(join(bundle, 'tsconfig.json'), '{ "compilerOptions": { "paths": { "*": ["./evil.js"] } } }');
      const outcome = arena.sandbox.run(['run', arena.sandbox.id()], { cwd: bundle });
      const escaped = existsSync(loaded) || outcome.stdout !== 'ran\n';
      return { escaped, what: escaped ? `loaded, or did not run: ${shortly(outcome)}` : 'ran, none was read' };
    },
  },
];
