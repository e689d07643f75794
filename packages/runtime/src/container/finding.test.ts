import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { findingAbout } from './finding.ts';

const root = mkdtempSync(join(tmpdir(), 'drydock-finding-'));
t.teardown(() => rmSync(root, { recursive: true }));
mkdirSync(join(root, 'bin'));
const file = (name: string, contents: string | Uint8Array) => {
  writeFileSync(join(root, name), contents);
  chmodSync(join(root, name), 0o755);
};
const machine = process.arch === 'arm64' ? 183 : 62;
/** A program's header, without a loader. */
const program = (number: number) => {
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(number, 18);
  return header;
};
file('bin/sh', program(machine));
file('bin/good', '#! /bin/sh -e\n');
file('bin/bad', '#!/bin/nosuch -e\n');
file('bin/windows', '#!/bin/sh\r\necho\r\n');
file('bin/empty', '');
file('bin/text', 'hello\n');
file('bin/foreign', program(process.arch === 'arm64' ? 62 : 183));
file('bin/first', '#!/bin/bad\n');
file('bin/second', '#!/bin/dynamic\n');
file('bin/loop', '#!/bin/loop\n');
file('bin/own', '#!sh\n');
file('bin/plain', '#!/bin/unset\n');
file('bin/unset', 'x');
chmodSync(join(root, 'bin/unset'), 0o644);
file('bin/directory', '#!/bin\n');
file('bin/nothing', '#! \n');
copyFileSync(process.execPath, join(root, 'bin/dynamic'));

const about = (name: string, cwd = '/') => findingAbout(root, { args: [name], env: ['PATH=/nosuch:/bin'], cwd });

t.test('says what execve does not', async (t) => {
  t.equal(about('good'), '');
  t.equal(about('bad'), `: the script's interpreter "/bin/nosuch" is missing`);
  t.match(about('windows'), /interpreter "\/bin\/sh\\r" is missing \(its first line ends as in Windows/);
  t.equal(about('empty'), ': the file is empty');
  t.equal(about('text'), ': it is neither a program nor a script with a #! line');
  t.match(about('foreign'), /^: the program is for (arm64|amd64), and this machine is (amd64|arm64)$/);
  t.equal(about('first'), `: the script's interpreter "/bin/bad": the script's interpreter "/bin/nosuch" is missing`);
  t.match(about('second'), /^: the script's interpreter "\/bin\/dynamic": the program's loader "\/lib.*" is missing$/);
  t.equal(about('loop'), '');
  t.equal(about('/bin/own', '/bin'), '', 'its interpreter is in the working directory');
  t.equal(about('/bin/own', '/'), `: the script's interpreter "sh" is missing`);
  t.equal(about('plain'), `: the script's interpreter "/bin/unset" has no execute bit`);
  t.equal(about('directory'), `: the script's interpreter "/bin" is no file`);
  t.equal(about('nothing'), ": the script's first line names no interpreter");
  t.match(about('dynamic'), /^: the program's loader "\/lib.*" is missing$/);
});

t.test('finds the command as execve would', async (t) => {
  t.equal(about('nosuch'), '');
  t.match(about('/bin/bad'), /missing/);
  t.match(about('./bad', '/bin'), /missing/);
});
