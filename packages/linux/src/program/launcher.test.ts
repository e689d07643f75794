import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { makeLauncher } from './launcher.ts';

const machine = process.arch === 'arm64' ? 'arm64' : 'x64';

function launcher(t: { teardown(act: () => void): void }, path: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-launcher-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'launcher');
  writeFileSync(file, makeLauncher(machine, { path, variable: 'FIRST=1' }), { mode: 0o755 });
  return file;
}

t.test('the program gets its arguments, the variable, and the environment', async (t) => {
  const file = launcher(t, '/bin/sh');
  const script = ['-c', 'echo "$0|$1|$2|$FIRST|$SECOND"', 'zero', 'one', ''];
  const { stdout } = spawnSync(file, script, { encoding: 'utf8', env: { SECOND: '2' } });
  t.equal(stdout, 'zero|one||1|2\n');
  t.equal(spawnSync(file, ['-c', 'echo $FIRST$#'], { encoding: 'utf8', env: {} }).stdout, '10\n');
});

t.test('a program that is not there', async (t) => {
  const { status, stderr } = spawnSync(launcher(t, '/no/such/program'), { encoding: 'utf8' });
  t.equal(status, 127);
  t.equal(stderr, 'the program of this launcher cannot be executed\n');
});

t.test('what does not fit is refused', async (t) => {
  t.throws(() => makeLauncher('x64', { path: '/x', variable: 'x'.repeat(64) }), { message: /too long/ });
  t.throws(() => makeLauncher('arm64', { path: 'x'.repeat(4096), variable: 'A=1' }), { message: /too long/ });
});
