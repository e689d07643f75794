import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { temporaryDirectory } from '../test-fixtures.ts';
import { applyLayer } from './apply.ts';
import { packDirectory } from './pack-directory.ts';

async function pack(right: string, left?: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of packDirectory(right, left)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The names in an archive, as GNU tar reads it. */
function names(archive: Buffer): string[] {
  return execFileSync('tar', ['-tf', '-'], { input: archive }).toString().split('\n').filter(Boolean);
}

/** Two copies of a tree; the second is for changing. */
function twoTrees(test: Test): { left: string; right: string } {
  const base = temporaryDirectory(test);
  const left = join(base, 'left');
  mkdirSync(join(left, 'dir/sub'), { recursive: true });
  for (const file of ['a', 'b', 'dir/c', 'dir/sub/d']) writeFileSync(join(left, file), file);
  execFileSync('cp', ['-a', left, join(base, 'right')]);
  return { left, right: join(base, 'right') };
}

t.test('a whole tree', async (t) => {
  const { left } = twoTrees(t);
  linkSync(join(left, 'a'), join(left, 'z'));
  symlinkSync('a', join(left, 'soft'));
  const archive = await pack(left);
  t.same(names(archive), ['a', 'b', 'dir/', 'dir/c', 'dir/sub/', 'dir/sub/d', 'soft', 'z']);
  const target = temporaryDirectory(t);
  writeFileSync(join(target, 'layer'), archive);
  mkdirSync(join(target, 'root'));
  await applyLayer(join(target, 'layer'), [
    { type: 'bind', source: join(target, 'root'), target: '', options: ['rw', 'rbind'] },
  ]);
  execFileSync('diff', ['-r', '--no-dereference', left, join(target, 'root')]);
  t.equal(
    execFileSync('stat', ['-c', '%h', join(target, 'root/a')])
      .toString()
      .trim(),
    '2',
    'a hard link stays one',
  );
});

t.test('changes', async (t) => {
  const cases: [string, (right: string) => void, string[]][] = [
    ['nothing', () => undefined, []],
    ['a file added', (right) => writeFileSync(join(right, 'dir/new'), ''), ['dir/', 'dir/new']],
    ['a file changed', (right) => writeFileSync(join(right, 'dir/sub/d'), 'other'), ['dir/', 'dir/sub/', 'dir/sub/d']],
    ['a file removed', (right) => rmSync(join(right, 'a')), ['.wh.a']],
    ['a tree removed', (right) => rmSync(join(right, 'dir'), { recursive: true }), ['.wh.dir']],
    ['permissions', (right) => chmodSync(join(right, 'b'), 0o600), ['b']],
    [
      'a directory made a file',
      (right) => {
        rmSync(join(right, 'dir'), { recursive: true });
        writeFileSync(join(right, 'dir'), '');
      },
      ['dir'],
    ],
    [
      'a file made a directory',
      (right) => {
        rmSync(join(right, 'a'));
        mkdirSync(join(right, 'a'));
        writeFileSync(join(right, 'a/x'), '');
      },
      ['a/', 'a/x'],
    ],
  ];
  for (const [name, change, expected] of cases) {
    const { left, right } = twoTrees(t);
    change(right);
    const found = names(await pack(right, left)).filter((path) => path !== 'dir/' || expected.includes('dir/'));
    t.same(found, expected, name);
  }
});

t.test('a change that keeps size and time in whole seconds is seen', async (t) => {
  const { left, right } = twoTrees(t);
  writeFileSync(join(right, 'a'), 'x');
  for (const tree of [left, right]) utimesSync(join(tree, 'a'), 1000, 1000);
  t.same(names(await pack(right, left)), ['a']);
});
