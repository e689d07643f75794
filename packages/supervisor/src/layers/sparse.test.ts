/** Sparse files as GNU tar packs them, in all of its forms. */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { temporaryDirectory } from '../test-fixtures.ts';
import { applyLayer } from './apply.ts';

/** Forms by the options that make tar write them. */
const forms: Readonly<Record<string, readonly string[]>> = {
  old: ['--format=gnu'],
  '0.0': ['--format=pax', '--sparse-version=0.0'],
  '0.1': ['--format=pax', '--sparse-version=0.1'],
  '1.0': ['--format=pax', '--sparse-version=1.0'],
};
const noTar = !spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout?.includes('GNU tar') && 'needs GNU tar';

/** Files with so many pieces of data between holes, and a hole at the end or not. */
const shapes = [
  { pieces: 0, size: 1_000_000 },
  { pieces: 1, size: 300_000 },
  { pieces: 3, size: 5_000_000 },
  { pieces: 60, size: 61 * 65_536 },
];

for (const [form, options] of Object.entries(forms))
  t.test(`form ${form}`, { skip: noTar }, async (t) => {
    const base = temporaryDirectory(t);
    for (const name of ['from', 'to']) mkdirSync(join(base, name));
    for (const [index, { pieces, size }] of shapes.entries()) {
      const descriptor = openSync(join(base, `from/f${index}`), 'w');
      for (let piece = 0; piece < pieces; piece += 1) writeSync(descriptor, `piece ${piece}`, piece * 65_536 + 10_000);
      ftruncateSync(descriptor, size);
      closeSync(descriptor);
    }
    execFileSync('tar', ['-C', join(base, 'from'), '--sparse', ...options, '-cf', join(base, 'layer'), '.']);
    const bind = { type: 'bind', source: join(base, 'to'), target: '', options: ['rw', 'rbind'] };
    await applyLayer(join(base, 'layer'), [bind]);
    for (const index of shapes.keys()) {
      const [from, to] = [join(base, `from/f${index}`), join(base, `to/f${index}`)];
      t.ok(readFileSync(from).equals(readFileSync(to)), `file ${index} is the same`);
      t.ok(statSync(to).blocks <= statSync(from).blocks, 'and has its holes');
    }
  });
