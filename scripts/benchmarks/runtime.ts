/** The runtime alone, beside runc: on bundles with the spec and the seccomp profile that dockerd gives its containers. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, makeDirectory, type Stack } from '../../test/support/stacks.ts';
import { compare, memory, once, output, quietly, type Result, run, type Sides, timed } from './compare.ts';

/** The spec of a container that real dockerd runs, without what is only there while it runs. */
interface Spec {
  process: { args: string[] };
  root: { path: string };
  mounts: { source: string; destination: string; type: string; options: string[] }[];
  hooks?: unknown;
  linux: { cgroupsPath?: string; resources?: Record<string, unknown> };
}

/** All measurements of the runtime. */
export function runtimeResults(sides: Sides): (Result | undefined)[] {
  const directory = makeDirectory('bundle');
  try {
    const spec = dockerSpec(sides.real);
    makeRoot(join(directory, 'rootfs'));
    const bundle = (name: string, change: (spec: Spec) => void): string => {
      const copy = structuredClone(spec);
      copy.root.path = join(directory, 'rootfs');
      copy.process.args = ['/bin/true'];
      change(copy);
      mkdirSync(join(directory, name));
      writeFileSync(join(directory, name, 'config.json'), JSON.stringify(copy));
      return join(directory, name);
    };
    const plain = bundle('plain', () => undefined);
    const idle = bundle('idle', ({ process }) => (process.args = ['/bin/sleep', '3600']));
    const narrow = bundle('narrow', ({ linux }) => (linux.resources = { memory: { limit: 512 * 1024 } }));
    const mounts = (count: number) => bundle(`mounts-${count}`, (copy) => copy.mounts.push(...tmpfsMounts(count)));
    const [few, many] = [mounts(100), mounts(500)];
    const ms = (name: string, goal?: number) => ({ name, unit: 'ms', goal });
    return [
      compare(sides, ms('OCI create + start + delete', 1.0), (stack, round) =>
        timed(() => cycle(stack, plain, `b${round}`)),
      ),
      compare(sides, ms('OCI run'), (stack, round) =>
        timed(() => run(runtimeOf(stack), [...root(stack), 'run', '--bundle', plain, `r${round}`])),
      ),
      execResult(sides, idle),
      once(sides, { name: 'OCI created container, resident', unit: 'kB', goal: 0.05 }, (stack) =>
        created(stack, plain),
      ),
      narrowResult(sides, narrow),
      compare(sides, ms('OCI create with 100 mounts'), (stack, round) => createTime(stack, few, `f${round}`)),
      compare(sides, ms('OCI create with 500 mounts'), (stack, round) => createTime(stack, many, `m${round}`)),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One container's life at the runtime alone. */
function cycle(stack: Stack, bundle: string, id: string): void {
  const runtime = runtimeOf(stack);
  const pidFile = join(stack.directory, 'oci.pid');
  quietly(runtime, [...root(stack), 'create', '--bundle', bundle, '--pid-file', pidFile, id]);
  const pid = readFileSync(pidFile, 'utf8');
  run(runtime, [...root(stack), 'start', id]);
  while (isAlive(pid));
  run(runtime, [...root(stack), 'delete', id]);
}

/** Whether a process has not ended yet; it may still be a zombie when it has. */
function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function execResult(sides: Sides, bundle: string): Result | undefined {
  const name = 'OCI exec';
  if (!sides.wanted(name)) return undefined;
  const both = [sides.ours, sides.real];
  for (const stack of both) {
    quietly(runtimeOf(stack), [...root(stack), 'create', '--bundle', bundle, 'exec']);
    run(runtimeOf(stack), [...root(stack), 'start', 'exec']);
  }
  try {
    return compare(sides, { name, unit: 'ms', goal: 0.9 }, (stack) =>
      timed(() => run(runtimeOf(stack), [...root(stack), 'exec', 'exec', '/bin/true'])),
    );
  } finally {
    for (const stack of both) run(runtimeOf(stack), [...root(stack), 'delete', '--force', 'exec']);
  }
}

/** Resident memory of a container's first process while it waits for `start`. */
function created(stack: Stack, bundle: string): number {
  const runtime = runtimeOf(stack);
  quietly(runtime, [...root(stack), 'create', '--bundle', bundle, 'resident']);
  const { pid } = JSON.parse(output(runtime, [...root(stack), 'state', 'resident']));
  const resident = memory(pid).Rss ?? 0;
  run(runtime, [...root(stack), 'delete', '--force', 'resident']);
  return resident;
}

/** How a static program ends that has 512 KiB of memory, the runtime's own share included. */
function narrowResult({ ours, real, wanted }: Sides, bundle: string): Result | undefined {
  const name = 'OCI run within 512 KiB';
  if (!wanted(name)) return undefined;
  const status = (stack: Stack): number => {
    const { status } = spawnSync(runtimeOf(stack), [...root(stack), 'run', '--bundle', bundle, 'narrow'], {
      stdio: 'ignore',
    });
    return status ?? -1;
  };
  return { name, unit: 'exit status', ours: status(ours), real: status(real) };
}

function createTime(stack: Stack, bundle: string, id: string): number {
  const runtime = runtimeOf(stack);
  const time = timed(() => quietly(runtime, [...root(stack), 'create', '--bundle', bundle, id]));
  run(runtime, [...root(stack), 'delete', '--force', id]);
  return time;
}

/** The config.json that dockerd has made for a container, able to stand alone. */
function dockerSpec(real: Stack): Spec {
  const docker = ['-H', real.dockerHost];
  run('docker', [...docker, 'run', '-d', '--name', 'spec', '--network', 'none', 'busybox', 'sleep', '3600']);
  try {
    const id = output('docker', [...docker, 'inspect', '-f', '{{.Id}}', 'spec']).trim();
    const [path = ''] = output('find', [real.directory, '-path', `*${id}/config.json`, '-path', '*runtime*']).split(
      '\n',
    );
    const spec: Spec = JSON.parse(readFileSync(path, 'utf8'));
    delete spec.hooks;
    delete spec.linux.cgroupsPath;
    spec.mounts = spec.mounts.filter(({ type }) => type !== 'bind');
    return spec;
  } finally {
    run('docker', [...docker, 'rm', '-f', 'spec']);
  }
}

function tmpfsMounts(count: number): Spec['mounts'] {
  return Array.from({ length: count }, (_, index) => ({
    source: 'tmpfs',
    destination: `/m/${index}`,
    type: 'tmpfs',
    options: ['nosuid', 'size=64k'],
  }));
}

/** A root of busybox. */
function makeRoot(directory: string): void {
  mkdirSync(join(directory, 'bin'), { recursive: true });
  cpSync('/bin/busybox', join(directory, 'bin/busybox'));
  for (const name of ['true', 'sleep']) symlinkSync('busybox', join(directory, 'bin', name));
  for (const name of ['proc', 'sys', 'dev']) mkdirSync(join(directory, name));
}

function root(stack: Stack): readonly string[] {
  return ['--root', join(stack.directory, 'oci')];
}

function runtimeOf({ name }: Stack): string {
  return name === 'ours' ? join(bin, 'drydock-runtime') : 'runc';
}
