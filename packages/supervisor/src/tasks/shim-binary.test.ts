import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { temporaryDirectory } from '../test-fixtures.ts';
import { findShim } from './shim-binary.ts';

const base = temporaryDirectory(t);
const [own, system] = [join(base, 'own'), join(base, 'system')];
for (const path of [
  'own/containerd-shim-drydock-v2',
  'system/containerd-shim-runc-v2',
  'system/containerd-shim-x-v1',
]) {
  mkdirSync(join(base, path, '..'), { recursive: true });
  writeFileSync(join(base, path), '', { mode: 0o755 });
}
const find = (runtime: string, overrides: Record<string, string> = {}) =>
  findShim(runtime, { overrides: new Map(Object.entries(overrides)), directories: [own, system] });

t.same(find('io.containerd.x.v1'), { path: join(system, 'containerd-shim-x-v1'), isOwn: false });
t.same(find('io.containerd.drydock.v2'), { path: join(own, 'containerd-shim-drydock-v2'), isOwn: true });
t.same(find('io.containerd.runc.v2'), { path: join(own, 'containerd-shim-drydock-v2'), isOwn: true }, 'ours stands in');
const real = join(system, 'containerd-shim-runc-v2');
t.same(find('io.containerd.runc.v2', { 'io.containerd.runc.v2': real }), { path: real, isOwn: false });
t.same(find(real), { path: real, isOwn: false }, 'a path is the executable itself');

const prefix = 'failed to resolve runtime path: ';
const faults: [string, string][] = [
  ['', 'no runtime name'],
  [
    'runc',
    'invalid runtime name runc, correct runtime name should be either format like `io.containerd.runc.v1` or a full path to the binary',
  ],
  ['/none', 'invalid custom binary path: stat /none: no such file or directory'],
  [
    'io.containerd.none.v2',
    'runtime "io.containerd.none.v2" binary not installed "containerd-shim-none-v2": file does not exist',
  ],
];
for (const [runtime, message] of faults) t.throws(() => find(runtime), { message: prefix + message });
