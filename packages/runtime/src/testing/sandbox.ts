/**
 * A place to try a runtime in: a directory of its own with bundles of busybox, and a check that nothing is left. The runtime
 * is this one from its source, or any other that `RUNTIME` names.
 */
import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Process, Spec } from '@drydock/oci/runtime-spec';
import { exampleSpec } from '../commands/spec.ts';

/** Parts of a specification that tests change in place. */
export type Draft<T> = T extends object ? { -readonly [K in keyof T]: Draft<NonNullable<T[K]>> } : T;
export type DraftSpec = Draft<Spec> & { process: Draft<Process>; linux: Draft<NonNullable<Spec['linux']>> };

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The log's lines, without their times. */
  readonly log: readonly { readonly level: string; readonly msg: string }[];
}

/** Why the tests that make containers cannot run, if they cannot. */
export const unable: string | false =
  process.getuid?.() !== 0 ? 'needs root' : !existsSync('/bin/busybox') ? 'needs /bin/busybox (busybox-static)' : false;

const bun = createRequire(import.meta.url).resolve(
  `@oven/bun-linux-${process.arch === 'arm64' ? 'aarch64' : 'x64'}/bin/bun`,
);
const source = [bun, join(import.meta.dirname, '../main.ts')];

/** The command line of the runtime under test. */
export const runtimeUnderTest: readonly string[] = process.env.RUNTIME ? process.env.RUNTIME.split(' ') : source;

/** Applets that the tests use. */
const applets =
  'sh cat ls sleep echo true false id pwd hostname env touch mkdir mount grep stat tty stty readlink dd kill test';

let count = 0;

export class Sandbox {
  readonly directory = mkdtempSync(join(tmpdir(), 'drydock-runtime-'));
  readonly root = join(this.directory, 'root');
  readonly rootfs = join(this.directory, 'rootfs');
  readonly command: readonly string[];
  readonly ids: string[] = [];

  constructor(command: readonly string[] = runtimeUnderTest) {
    this.command = command;
    for (const name of ['bin', 'proc', 'sys', 'dev', 'etc', 'tmp'])
      mkdirSync(join(this.rootfs, name), { recursive: true });
    copyFileSync('/bin/busybox', join(this.rootfs, 'bin/busybox'));
    for (const applet of applets.split(' ')) symlinkSync('busybox', join(this.rootfs, 'bin', applet));
    writeFileSync(
      join(this.rootfs, 'etc/passwd'),
      'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n',
    );
  }

  /** The same place for another runtime. */
  as(command: readonly string[], root = `${this.root}-other`): Sandbox {
    return Object.create(this, { command: { value: command }, root: { value: root } });
  }

  /** An id that no other test uses. */
  id(): string {
    count += 1;
    const id = `test-${process.pid}-${count}`;
    this.ids.push(id);
    return id;
  }

  /** A bundle of the example configuration without a terminal, changed by `edit`. Answers its directory. */
  bundle(edit: (spec: DraftSpec) => void = () => {}): string {
    const bundle = mkdtempSync(join(this.directory, 'bundle-'));
    const spec = structuredClone(exampleSpec()) as DraftSpec;
    spec.process.terminal = false;
    spec.root = { path: this.rootfs, readonly: false };
    spec.linux.namespaces = (spec.linux.namespaces ?? []).filter(({ type }) => type !== 'cgroup');
    edit(spec);
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(spec));
    return bundle;
  }

  /** A bundle whose command is a shell script. */
  script(text: string, edit: (spec: DraftSpec) => void = () => {}): string {
    return this.bundle((spec) => {
      spec.process.args = ['/bin/sh', '-c', text];
      edit(spec);
    });
  }

  /** Runs the runtime with files as standard output and error: a container may keep them open. */
  run(args: readonly string[], options: SpawnSyncOptions = {}): Outcome {
    const [out, error, log] = ['stdout', 'stderr', 'log'].map((name) => join(this.directory, name)) as [
      string,
      string,
      string,
    ];
    rmSync(log, { force: true });
    const [stdout, stderr] = [openSync(out, 'w'), openSync(error, 'w')];
    const [program = '', ...own] = this.command;
    const words = [...own, '--root', this.root, '--log', log, '--log-format', 'json', ...args];
    const { status } = spawnSync(program, words, { stdio: ['ignore', stdout, stderr], timeout: 60_000, ...options });
    closeSync(stdout);
    closeSync(stderr);
    return { code: status, stdout: readFileSync(out, 'utf8'), stderr: readFileSync(error, 'utf8'), log: readLog(log) };
  }

  /** What was written to standard output up to now, by a container that may still run. */
  stdout(): string {
    return readFileSync(join(this.directory, 'stdout'), 'utf8');
  }

  /** The state that the runtime says a container has. */
  status(id: string): string {
    const { code, stdout } = this.run(['state', id]);
    return code === 0 ? JSON.parse(stdout).status : 'absent';
  }

  /** What the tests have left: state, mounts, cgroups, processes. Empty if all is well. */
  leftovers(): string[] {
    const state = existsSync(this.root) ? readdirSync(this.root).filter((name) => name !== '.cache') : [];
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(this.directory));
    const cgroups = cgroupsNamed(`test-${process.pid}-*`);
    const processes = readdirSync('/proc').filter(
      (pid) => /^\d+$/.test(pid) && titleOf(pid).includes(`test-${process.pid}-`),
    );
    return [...state, ...mounts, ...cgroups, ...processes.map((pid) => `process ${pid}`)];
  }

  remove(): void {
    for (const id of this.ids) if (existsSync(join(this.root, id))) this.run(['delete', '--force', id]);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Directories of such a name in any hierarchy. */
function cgroupsNamed(pattern: string): string[] {
  const find = spawnSync('find', ['/sys/fs/cgroup', '-type', 'd', '-name', pattern], { encoding: 'utf8' });
  return find.stdout.split('\n').filter(Boolean);
}

function titleOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}

function readLog(path: string): Outcome['log'] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const { level, msg } = JSON.parse(line);
      return { level, msg };
    });
}
