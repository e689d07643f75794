import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { launcherListings } from './launcher.ts';
import type { Machine } from './layout.ts';
import { assemblySource, bytesOf } from './listing.ts';
import { routineListings } from './routine.ts';

/** Assemblers for a machine, the first that is installed is used. They write an object file to the path given. */
const assemblers: Readonly<Record<Machine, readonly (readonly string[])[]>> = {
  x64: [['x86_64-linux-gnu-as', '-o'], ...(process.arch === 'x64' ? [['as', '-o']] : [])],
  arm64: [
    ['aarch64-linux-gnu-as', '-o'],
    ...(process.arch === 'arm64' ? [['as', '-o']] : []),
    ['llvm-mc', '-triple=aarch64', '-filetype=obj', '-o'],
  ],
};

for (const machine of ['x64', 'arm64'] as const) {
  const assembler = assemblers[machine].find(([name = '']) => spawnSync(name, ['--version']).status === 0);
  const skip = assembler === undefined && `no assembler for ${machine} is installed`;
  for (const [what, listings] of Object.entries({ routine: routineListings, launcher: launcherListings }))
    t.test(`the ${what}'s listing for ${machine} assembles to the bytes beside it`, { skip }, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'drydock-listing-'));
      t.teardown(() => rmSync(folder, { recursive: true }));
      const [source, object] = [join(folder, 'listing.s'), join(folder, 'listing.o')];
      writeFileSync(source, assemblySource(machine, listings[machine]));
      const [name = '', ...args] = assembler ?? [];
      const result = spawnSync(name, [...args, object, source], { encoding: 'utf8' });
      t.equal(result.stderr, '');
      t.same(textSection(readFileSync(object)), Buffer.from(bytesOf(listings[machine])));
    });
}

/** The contents of `.text` in a 64-bit object file (elf(5)). */
function textSection(file: Buffer): Buffer | undefined {
  const table = Number(file.readBigUInt64LE(0x28));
  const header = (index: number) => file.subarray(table + index * 64, table + index * 64 + 64);
  const contents = (section: Buffer) => {
    const offset = Number(section.readBigUInt64LE(24));
    return file.subarray(offset, offset + Number(section.readBigUInt64LE(32)));
  };
  const names = contents(header(file.readUInt16LE(0x3e))).toString('latin1');
  for (let index = 0; index < file.readUInt16LE(0x3c); index++) {
    const section = header(index);
    const start = section.readUInt32LE(0);
    if (names.slice(start, names.indexOf('\0', start)) === '.text') return contents(section);
  }
  return undefined;
}
