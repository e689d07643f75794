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
file('bin/sh', 'x');
file('bin/good', '#! /bin/sh -e\n');
file('bin/bad', '#!/bin/nosuch -e\n');
file('bin/windows', '#!/bin/sh\r\necho\r\n');
file('bin/empty', '');
file('bin/text', 'hello\n');
const foreign = Buffer.alloc(64);
foreign.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
foreign.writeUInt16LE(process.arch === 'arm64' ? 62 : 183, 18);
file('bin/foreign', foreign);
copyFileSync(process.execPath, join(root, 'bin/dynamic'));

const about = (name: string, cwd = '/') => findingAbout(root, { args: [name], env: ['PATH=/nosuch:/bin'], cwd });

t.test('says what execve does not', async (t) => {
  t.equal(about('good'), '');
  t.equal(about('bad'), `: the script's interpreter "/bin/nosuch" is missing`);
  t.match(about('windows'), /interpreter "\/bin\/sh\\r" is missing \(its first line ends as in Windows/);
  t.equal(about('empty'), ': the file is empty');
  t.equal(about('text'), ': it is neither a program nor a script with a #! line');
  t.match(about('foreign'), /^: the program is for (arm64|amd64), and this machine is (amd64|arm64)$/);
  t.match(about('dynamic'), /^: the program's loader "\/lib.*" is missing$/);
});

t.test('finds the command as execve would', async (t) => {
  t.equal(about('nosuch'), '');
  t.match(about('/bin/bad'), /missing/);
  t.match(about('./bad', '/bin'), /missing/);
});
