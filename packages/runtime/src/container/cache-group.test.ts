import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { checkCacheGroup, joinCacheGroup, leaveCacheGroup } from './cache-group.ts';

const root = mkdtempSync(join(tmpdir(), 'drydock-resctrl-'));
t.teardown(() => rmSync(root, { recursive: true }));

/** A group's files as the kernel would make them. */
function group(name: string): string {
  const path = join(root, name);
  mkdirSync(join(path, 'mon_groups'), { recursive: true });
  for (const file of ['schemata', 'tasks']) writeFileSync(join(path, file), '');
  return path;
}

t.test('what the machine cannot do is refused', async (t) => {
  t.throws(() => checkCacheGroup({}, '/nosuch'), /intelRdt is specified in config, but Intel RDT is not enabled/);
  group('.');
  t.doesNotThrow(() => checkCacheGroup({ closID: 'gold' }, root));
  for (const closID of ['..', 'a/b', 'info'])
    t.throws(() => checkCacheGroup({ closID }, root), /invalid intelRdt.ClosID/);
  t.throws(() => checkCacheGroup({ l3CacheSchema: 'L3:0=f' }, root), /Intel RDT\/CAT is not enabled/);
  t.throws(() => checkCacheGroup({ memBwSchema: 'MB:0=50' }, root), /Intel RDT\/MBA is not enabled/);
});

t.test('a process is put into its group, and the schemas are written', async (t) => {
  const path = group('c1');
  mkdirSync(join(path, 'mon_groups/c1'));
  writeFileSync(join(path, 'mon_groups/c1/tasks'), '');
  t.same(joinCacheGroup(42, 'c1', { l3CacheSchema: 'L3:0=f', memBwSchema: 'MB:0=50' }, root), []);
  t.equal(readFileSync(join(path, 'schemata'), 'utf8'), 'L3:0=f\nMB:0=50\n');
  t.equal(readFileSync(join(path, 'tasks'), 'utf8'), '42');
  const gold = group('gold');
  joinCacheGroup(43, 'c2', { closID: 'gold', schemata: ['L3:0=1', 'MB:0=10'], memBwSchema: 'MB:0=99' }, root);
  t.equal(readFileSync(join(gold, 'schemata'), 'utf8'), 'L3:0=1\nMB:0=10\n', 'whole schemas come first');
  t.throws(() => joinCacheGroup(44, 'c3', { closID: 'silver' }, root), /clos silver does not exist/);
});

t.test('what was made is removed', async (t) => {
  mkdirSync(join(root, 'made'));
  leaveCacheGroup([join(root, 'made')]);
  t.notOk(existsSync(join(root, 'made')));
});
