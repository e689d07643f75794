#!/usr/bin/env node
/** Makes dist/: one executable file for each program, and beside them the engines and the FFI module that they need. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { makeLauncher } from '../packages/linux/src/program/launcher.ts';

const top = join(import.meta.dirname, '..');
const dist = join(top, 'dist');
const require = createRequire(join(top, 'packages/linux/package.json'));
const arch = process.arch === 'arm64' ? { node: 'arm64', bun: 'aarch64' } : { node: 'x64', bun: 'x64' };
const machine = process.arch === 'arm64' ? 'arm64' : 'x64';
const bun = join(top, `node_modules/@oven/bun-linux-${arch.bun}/bin/bun`);
const node = join(top, `node_modules/node-linux-${arch.node}/bin/node`);

/** The engine compiles nothing that runs only once: create takes a third less time, and the shim less memory. */
const withoutJit = 'BUN_JSC_useJIT=0';

/**
 * MiB of each half of the nursery, where new objects are: by default it grows to some 40 MiB in a burst of calls and stays
 * so, which is most of what the supervisor would hold.
 */
const smallNursery = '--max-semi-space-size=2';

interface ProgramPlan {
  readonly package: string;
  readonly engine: 'node' | 'bun';
  /** An option of the engine; a script's first line holds but one. */
  readonly flag?: string;
}

/** Each program's package and the engine that runs it: Bun where a program starts for each container. */
const programs: Readonly<Record<string, ProgramPlan>> = {
  drydock: { package: 'cli', engine: 'node' },
  drydockd: { package: 'engine', engine: 'node' },
  'drydock-supervisor': { package: 'supervisor', engine: 'node', flag: smallNursery },
  'drydock-ctr': { package: 'ctr', engine: 'node' },
  'containerd-shim-drydock-v2': { package: 'shim', engine: 'bun' },
  'drydock-runtime': { package: 'runtime', engine: 'bun' },
};

const usage = `usage: scripts/build.ts [PROGRAM...]

Makes dist/bin, a program a file (all of them unless some are named), and dist/lib. dist/bin on the PATH is an
installation. Programs: ${Object.keys(programs).join(' ')}`;

const wanted = process.argv.slice(2);
if (wanted.includes('--help')) console.log(usage);
else build(wanted.length === 0 ? Object.keys(programs) : wanted);

function build(names: readonly string[]): void {
  mkdirSync(join(dist, 'bin'), { recursive: true });
  mkdirSync(join(dist, 'lib'), { recursive: true });
  writeFileSync(join(dist, 'package.json'), '{ "type": "module" }\n');
  place(bun, join(dist, 'lib/bun'));
  place(node, join(dist, 'lib/node'));
  const koffi = dirname(require.resolve(`@koromix/koffi-linux-${process.arch}`));
  place(join(koffi, `linux_${process.arch}`, 'koffi.node'), join(dist, 'lib/koffi.node'));
  for (const name of names) bundle(name);
}

/** Makes one program's file; it needs nothing from its environment, and no other file but those in dist/lib. */
function bundle(name: string): void {
  const plan = programs[name];
  if (plan === undefined) throw new Error(`no such program: ${name}; there are ${Object.keys(programs).join(', ')}`);
  const { package: source, engine, flag } = plan;
  const main = join(top, 'packages', source, 'src/main.ts');
  if (!existsSync(main)) throw new Error(`${name}: packages/${source}/src/main.ts is missing`);
  const program = join(dist, 'bin', name);
  if (engine === 'bun') {
    const executable = join(dist, 'lib', name);
    compile(main, `${executable}.new`, name === 'containerd-shim-drydock-v2');
    renameSync(`${executable}.new`, executable);
    writeFileSync(`${program}.new`, makeLauncher(machine, { path: executable, variable: withoutJit }), { mode: 0o755 });
  } else bundleScript(main, `${program}.new`, flag);
  renameSync(`${program}.new`, program);
  console.log(`${name}: for ${engine}`);
}

/**
 * One executable with the engine in it and the code as bytecode, in pieces: what a verb does not use is not even looked at.
 * Files in the working directory do not configure it. One that lives long has a small heap; one that ends at once would only
 * spend its time collecting garbage.
 */
function compile(main: string, output: string, isLongLived: boolean): void {
  const closed = ['--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'];
  bunBuild(main, [
    '--compile',
    '--bytecode',
    '--format=esm',
    '--splitting',
    ...closed,
    ...(isLongLived ? ['--compile-exec-argv=--smol'] : []),
    `--outfile=${output}`,
  ]);
}

/** A script that starts with the path of its engine. */
function bundleScript(main: string, output: string, flag: string | undefined): void {
  bunBuild(main, ['--target=node', `--outfile=${output}.js`]);
  const code = readFileSync(`${output}.js`, 'utf8').replace(/^#!.*\n/, '');
  const engine = join(dist, 'lib/node');
  writeFileSync(output, `#!${flag === undefined ? engine : `${engine} ${flag}`}\n${code}`);
  chmodSync(output, 0o755);
  rmSync(`${output}.js`);
}

function bunBuild(main: string, flags: readonly string[]): void {
  execFileSync(bun, ['build', main, '--minify', ...flags], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Puts a file in place: a link where that is possible, else a copy. */
function place(source: string, target: string): void {
  rmSync(target, { force: true });
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}
