/**
 * What every snapshotter must do, whoever made it: cases over the interface that containerd's API has, run on our backends
 * and, through gRPC, on containerd's. What a client sees is what counts, so the cases mount what they are told to mount.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { mount, unmountTree } from '@drydock/linux/mount';
import { getXattr, setXattr } from '@drydock/linux/xattr';
import { type Info, Kind } from '@drydock/rpc/generated/snapshots';
import type { Mount } from '@drydock/rpc/generated/types';
import type { Test } from 'tap';
import type { Labels } from '../metadata/labels.ts';
import { fault } from '../test-faults.ts';
import { temporaryDirectory } from '../test-fixtures.ts';
import type { Usage } from './backend.ts';

/** A snapshotter as a client has it. */
export interface SnapshotApi {
  prepare(key: string, parent: string, labels?: Labels): Promise<Mount[]>;
  view(key: string, parent: string, labels?: Labels): Promise<Mount[]>;
  mounts(key: string): Promise<Mount[]>;
  commit(name: string, key: string, labels?: Labels): Promise<void>;
  remove(key: string): Promise<void>;
  stat(key: string): Promise<Info>;
  update(name: string, labels: Labels, paths: readonly string[]): Promise<Info>;
  list(filters: readonly string[]): Promise<Info[]>;
  usage(key: string): Promise<Usage>;
}

/** What a snapshotter does otherwise than others, by its nature. */
export interface Traits {
  /** Names of its mounts' types: of an active snapshot with a parent. */
  readonly mountType: string;
  /** A committed snapshot may still be written to through a mount that was made before; so it is with directories. */
  readonly staysWritable?: boolean;
  /** A mount that was made before the commit ends with it. */
  readonly endsMounts?: boolean;
  /** It looks for files of a view, which has none, before it says that it is one (containerd's native). */
  readonly needsFilesOfViews?: boolean;
  /** How many layers the deep chain has, where seventy take too long. */
  readonly chain?: number;
  /** It counts blocks of a device, not files. */
  readonly countsBlocks?: boolean;
}

export interface Scene {
  readonly t: Test;
  readonly api: SnapshotApi;
  readonly traits: Traits;
  /** Mounts, does something with the directory, unmounts. */
  within<T>(mounts: readonly Mount[], action: (root: string) => T): T;
  /** Makes a committed snapshot; `action` fills it. */
  layer(name: string, parent: string, action: (root: string) => void): Promise<void>;
  /** Looks at a committed snapshot through a view. */
  look<T>(name: string, action: (root: string) => T): Promise<T>;
}

export type Case = (scene: Scene) => Promise<void>;

/** Runs every case, each under a name of its own; answers which held. */
export async function runSuite(
  t: Test,
  driver: string,
  traits: Traits,
  open: (test: Test, name: string) => SnapshotApi,
): Promise<Map<string, boolean>> {
  const results = new Map<string, boolean>();
  for (const [name, run] of Object.entries(cases)) {
    await t.test(`${driver}: ${name}`, async (t) => {
      await run(sceneOf(t, open(t, name), traits));
      results.set(name, t.passing());
    });
    results.set(name, results.get(name) ?? false);
  }
  return results;
}

function sceneOf(t: Test, api: SnapshotApi, traits: Traits): Scene {
  const within = <T>(mounts: readonly Mount[], action: (root: string) => T): T => {
    const directory = temporaryDirectory(t);
    for (const spec of mounts) mount(spec, directory);
    try {
      return action(directory);
    } finally {
      unmountTree(directory);
    }
  };
  let views = 0;
  return {
    t,
    api,
    traits,
    within,
    async layer(name, parent, action) {
      within(await api.prepare(`work-${name}`, parent), action);
      await api.commit(name, `work-${name}`);
    },
    async look(name, action) {
      views += 1;
      const key = `look-${views}`;
      const result = within(await api.view(key, name), action);
      await api.remove(key);
      return result;
    },
  };
}

const text = (...path: readonly string[]): string => readFileSync(join(...path), 'utf8');
const names = (...path: readonly string[]): string[] =>
  readdirSync(join(...path))
    .filter((name) => name !== 'lost+found')
    .sort();

const cases: Readonly<Record<string, Case>> = {
  async 'layers on layers'({ t, api, within, layer, look }) {
    await layer('layer1', '', (root) => {
      writeFileSync(join(root, 'base'), 'base');
      mkdirSync(join(root, 'dir'));
      writeFileSync(join(root, 'dir/gone'), '');
    });
    await layer('layer2', 'layer1', (root) => {
      t.equal(text(root, 'base'), 'base');
      writeFileSync(join(root, 'base'), 'changed');
      rmSync(join(root, 'dir/gone'));
    });
    await look('layer1', (root) => t.same([text(root, 'base'), names(root, 'dir')], ['base', ['gone']]));
    await look('layer2', (root) => t.same([text(root, 'base'), names(root, 'dir')], ['changed', []]));
    within(await api.view('view', 'layer2'), (root) =>
      t.throws(() => writeFileSync(join(root, 'new'), ''), fault({ code: 'EROFS' }), 'a view is read-only'),
    );
    t.same(await api.mounts('view'), await api.mounts('view'), 'its mounts are told again');
  },

  async 'two on one parent do not see each other'({ t, api, within, layer, look }) {
    await layer('base', '', (root) => writeFileSync(join(root, 'file'), 'base'));
    const [a, b] = [await api.prepare('a', 'base'), await api.prepare('b', 'base')];
    within(a, (root) => {
      writeFileSync(join(root, 'file'), 'a');
      writeFileSync(join(root, 'only-a'), '');
    });
    within(b, (root) => t.same([text(root, 'file'), names(root)], ['base', ['file']]));
    await look('base', (root) => t.same([text(root, 'file'), names(root)], ['base', ['file']]));
  },

  async 'states and their errors'({ t, api, traits }) {
    await api.prepare('a', '', { l: 'v' });
    t.match(await api.stat('a'), { name: 'a', parent: '', kind: Kind.ACTIVE, labels: { l: 'v' } });
    await t.rejects(api.prepare('a', ''), { message: 'snapshot "a": already exists' });
    await t.rejects(api.prepare('b', 'none'), { message: 'parent snapshot none does not exist: not found' });
    await t.rejects(api.prepare('b', 'a'), fault({ kind: 'invalid argument' }), 'a parent must be committed');
    await t.rejects(api.stat('b'), fault({ kind: 'not found' }), 'what failed left nothing');
    await api.commit('A', 'a');
    await t.rejects(api.stat('a'), { message: 'snapshot a does not exist: not found' });
    t.match(await api.stat('A'), { kind: Kind.COMMITTED, labels: {} });
    await t.rejects(api.mounts('A'), fault({ kind: 'failed precondition' }));
    await api.view('v', 'A');
    t.match(await api.stat('v'), { parent: 'A', kind: Kind.VIEW });
    const refusal = traits.needsFilesOfViews ? {} : { kind: 'failed precondition' };
    await t.rejects(api.commit('V', 'v'), fault(refusal), 'a view cannot be committed');
    await t.rejects(api.remove('A'), fault({ kind: 'failed precondition' }), 'nor a parent removed');
    await api.prepare('c', 'A');
    await t.rejects(api.commit('A', 'c'), fault({ kind: 'already exists' }));
    for (const ask of [api.mounts, api.remove, api.usage, (key: string) => api.commit('N', key)])
      await t.rejects(async () => void (await ask('none')), fault({ kind: 'not found' }));
  },

  async 'a view of a view, and on an active one, is refused'({ t, api, layer }) {
    await layer('base', '', () => undefined);
    await api.view('view', 'base');
    await api.prepare('active', 'base');
    await t.rejects(api.view('v2', 'view'), fault({ kind: 'invalid argument' }));
    await t.rejects(api.prepare('p2', 'view'), fault({ kind: 'invalid argument' }));
    await t.rejects(api.view('v3', 'active'), fault({ kind: 'invalid argument' }));
    await api.view('empty', '');
  },

  async 'labels and lists'({ t, api, layer }) {
    await layer('base', '', () => undefined);
    await api.prepare('a', 'base', { x: '1', y: '2' });
    await api.view('v', 'base', { x: '1' });
    t.same((await api.update('a', { x: '3' }, ['labels.x'])).labels, { x: '3', y: '2' });
    t.same((await api.update('a', { z: '4' }, ['labels'])).labels, { z: '4' });
    t.same((await api.stat('a')).labels, { z: '4' });
    await t.rejects(api.update('a', {}, ['kind']), fault({ kind: 'invalid argument' }));
    await t.rejects(api.update('none', {}, []), fault({ kind: 'not found' }));
    const listed = async (...filters: string[]) => (await api.list(filters)).map(({ name }) => name).sort();
    t.same(await listed(), ['a', 'base', 'v']);
    t.same(await listed('kind==view'), ['v']);
    t.same(await listed('kind==View'), []);
    t.same(await listed('parent==base,labels.z'), ['a']);
    t.same(await listed('labels.x==1', 'name==base'), ['base', 'v']);
  },

  async 'a deep chain'({ t, api, within, layer, look, traits }) {
    const { chain = 70 } = traits;
    const [last, middle] = [chain - 1, Math.floor(chain / 2)];
    for (let depth = 0; depth < chain; depth += 1)
      await layer(`l${depth}`, depth === 0 ? '' : `l${depth - 1}`, (root) => {
        writeFileSync(join(root, `f${depth}`), String(depth));
        writeFileSync(join(root, 'last'), String(depth));
        if (depth > 0) rmSync(join(root, `f${depth - 1}`));
      });
    await look(`l${last}`, (root) => t.same([names(root), text(root, 'last')], [[`f${last}`, 'last'], `${last}`]));
    await look(`l${middle}`, (root) =>
      t.same([names(root), text(root, 'last')], [[`f${middle}`, 'last'], `${middle}`]),
    );
    within(await api.prepare('top', `l${last}`), (root) => {
      writeFileSync(join(root, 'last'), 'top');
      t.equal(text(root, 'last'), 'top');
    });
  },

  async 'whiteouts: removed, and made again as something else'({ t, layer, look }) {
    await layer('base', '', (root) => {
      writeFileSync(join(root, 'file'), 'x');
      mkdirSync(join(root, 'dir/sub'), { recursive: true });
      writeFileSync(join(root, 'dir/sub/old'), 'x');
    });
    await layer('swapped', 'base', (root) => {
      rmSync(join(root, 'file'));
      mkdirSync(join(root, 'file'));
      rmSync(join(root, 'dir'), { recursive: true });
      writeFileSync(join(root, 'dir'), 'now a file');
    });
    await layer('again', 'swapped', (root) => {
      rmSync(join(root, 'dir'));
      mkdirSync(join(root, 'dir'));
      writeFileSync(join(root, 'dir/new'), '');
    });
    await look('swapped', (root) => {
      t.ok(lstatSync(join(root, 'file')).isDirectory());
      t.equal(text(root, 'dir'), 'now a file');
    });
    await look('again', (root) => t.same(names(root, 'dir'), ['new'], 'nothing old shines through'));
  },

  async 'opaque directories'({ t, layer, look }) {
    await layer('base', '', (root) => {
      mkdirSync(join(root, 'dir'));
      for (const name of ['a', 'b']) writeFileSync(join(root, 'dir', name), '');
    });
    await layer('emptied', 'base', (root) => {
      rmSync(join(root, 'dir'), { recursive: true });
      mkdirSync(join(root, 'dir'));
      writeFileSync(join(root, 'dir/c'), '');
    });
    await layer('more', 'emptied', (root) => writeFileSync(join(root, 'dir/d'), ''));
    await look('emptied', (root) => t.same(names(root, 'dir'), ['c']));
    await look('more', (root) => t.same(names(root, 'dir'), ['c', 'd']));
  },

  async 'renames over and of what is below'({ t, layer, look }) {
    await layer('base', '', (root) => {
      for (const name of ['one', 'two']) writeFileSync(join(root, name), name);
      mkdirSync(join(root, 'empty'));
    });
    await layer('renamed', 'base', (root) => {
      renameSync(join(root, 'one'), join(root, 'two'));
      writeFileSync(join(root, 'fresh'), 'fresh');
      renameSync(join(root, 'fresh'), join(root, 'empty/moved'));
    });
    await look('renamed', (root) => {
      t.same(names(root), ['empty', 'two']);
      t.same([text(root, 'two'), text(root, 'empty/moved')], ['one', 'fresh']);
    });
    await look('base', (root) => t.same([text(root, 'one'), text(root, 'two')], ['one', 'two']));
  },

  async 'hard and symbolic links'({ t, layer, look }) {
    await layer('base', '', (root) => {
      writeFileSync(join(root, 'a'), 'x');
      linkSync(join(root, 'a'), join(root, 'b'));
      symlinkSync('/nowhere', join(root, 'soft'));
    });
    await layer('next', 'base', (root) => {
      t.equal(statSync(join(root, 'a')).nlink, 2);
      writeFileSync(join(root, 'c'), 'y');
      linkSync(join(root, 'c'), join(root, 'd'));
    });
    await look('next', (root) => {
      t.equal(statSync(join(root, 'a')).ino, statSync(join(root, 'b')).ino, 'links below stay links');
      t.equal(statSync(join(root, 'c')).ino, statSync(join(root, 'd')).ino);
      t.equal(readlinkSync(join(root, 'soft')), '/nowhere');
    });
  },

  async 'attributes, capabilities, devices, times'({ t, layer, look }) {
    const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
    await layer('base', '', (root) => {
      writeFileSync(join(root, 'file'), 'x');
      setXattr(join(root, 'file'), 'user.note', Buffer.from([0, 255]));
      setXattr(join(root, 'file'), 'security.capability', capability);
      chownSync(join(root, 'file'), 12, 34);
      setXattr(join(root, 'file'), 'security.capability', capability);
      utimesSync(join(root, 'file'), 1000, 2000);
      execFileSync('mknod', [join(root, 'null'), 'c', '1', '3']);
      execFileSync('mkfifo', [join(root, 'pipe')]);
    });
    await layer('next', 'base', (root) => chmodSync(join(root, 'file'), 0o640));
    await look('next', (root) => {
      const file = join(root, 'file');
      t.match(statSync(file), { uid: 12, gid: 34, mtimeMs: 2_000_000 });
      t.equal(statSync(file).mode & 0o7777, 0o640);
      t.same(Buffer.from(getXattr(file, 'user.note') ?? []), Buffer.from([0, 255]));
      t.same(Buffer.from(getXattr(file, 'security.capability') ?? []), capability);
      t.ok(lstatSync(join(root, 'null')).isCharacterDevice());
      t.equal(lstatSync(join(root, 'null')).rdev, 0x103);
      t.ok(lstatSync(join(root, 'pipe')).isFIFO());
    });
  },

  async 'owner and mode of the top'({ t, layer, look, api, within }) {
    t.equal(
      within(await api.prepare('fresh', ''), (root) => statSync(root).mode & 0o777),
      0o755,
    );
    await layer('base', '', (root) => {
      chownSync(root, 5, 6);
      chmodSync(root, 0o750);
    });
    await layer('next', 'base', (root) => writeFileSync(join(root, 'file'), ''));
    await look('base', (root) => t.match(statSync(root), { uid: 5, gid: 6 }));
    await look('next', (root) => t.match(statSync(root), { uid: 5, gid: 6 }));
  },

  async 'a thousand files'({ t, layer, look }) {
    const fill = (root: string, from: number): void => {
      for (let at = from; at < from + 500; at += 1) {
        const directory = join(root, `d${at % 10}`);
        if (!existsSync(directory)) mkdirSync(directory);
        writeFileSync(join(directory, `f${at}`), String(at));
      }
    };
    await layer('base', '', (root) => fill(root, 0));
    await layer('next', 'base', (root) => fill(root, 500));
    const count = (name: string) => look(name, (root) => names(root).flatMap((entry) => names(root, entry)).length);
    t.same([await count('base'), await count('next')], [500, 1000]);
    await look('next', (root) => t.equal(text(root, 'd7/f507'), '507'));
  },

  async 'what it takes up'({ t, api, within, layer, traits }) {
    within(await api.prepare('a', ''), (root) => writeFileSync(join(root, 'file'), Buffer.alloc(1_000_000, 1)));
    const usage = await api.usage('a');
    t.ok(usage.size >= 1_000_000, `${usage.size} bytes hold a million`);
    if (!traits.countsBlocks) {
      t.ok(usage.size < 1_100_000, `${usage.size} bytes`);
      t.equal(usage.inodes, 2);
    }
    await api.commit('A', 'a');
    if (!traits.countsBlocks) t.same(await api.usage('A'), usage, 'a commit changes nothing');
    await layer('B', 'A', (root) => writeFileSync(join(root, 'small'), 'x'));
    await api.view('V', 'B');
    t.same(await api.usage('V'), { size: 0, inodes: 0 }, 'a view takes up nothing');
    t.ok((await api.usage('B')).size < (await api.usage('A')).size + 100_000, 'a small change');
  },

  async 'a mount outlives the commit'({ t, api, look, traits }) {
    const directory = temporaryDirectory(t);
    for (const spec of await api.prepare('work', '')) mount(spec, directory);
    t.teardown(() => unmountTree(directory));
    for (const name of ['before', 'open']) writeFileSync(join(directory, name), 'x');
    await api.commit('done', 'work');
    if (!traits.endsMounts) t.equal(text(directory, 'open'), 'x');
    if (!traits.staysWritable)
      t.throws(() => writeFileSync(join(directory, 'late'), ''), 'what is committed does not change');
    unmountTree(directory);
    await look('done', (root) => t.ok(names(root).includes('before')));
  },

  async 'removed while mounted'({ t, api, layer, look }) {
    await layer('base', '', (root) => writeFileSync(join(root, 'base'), 'x'));
    const directory = temporaryDirectory(t);
    for (const spec of await api.prepare('a', 'base')) mount(spec, directory);
    t.teardown(() => unmountTree(directory));
    writeFileSync(join(directory, 'file'), '');
    await api.remove('a');
    await t.rejects(api.stat('a'), fault({ kind: 'not found' }));
    await api.prepare('a', 'base');
    t.match(await api.stat('a'), { kind: Kind.ACTIVE }, 'its name is free at once');
    unmountTree(directory);
    await look('base', (root) => t.same(names(root), ['base'], 'its parent is as it was'));
  },

  async 'mounts are of its type'({ t, api, layer, traits }) {
    await layer('base', '', () => undefined);
    await layer('next', 'base', () => undefined);
    t.equal((await api.prepare('a', 'next'))[0]?.type, traits.mountType);
    t.equal((await api.prepare('a2', 'next')).length, 1);
  },

  async 'the same key at once is one snapshot'({ t, api, layer }) {
    await layer('base', '', (root) => writeFileSync(join(root, 'file'), ''));
    const asked = await Promise.allSettled(Array.from({ length: 5 }, () => api.prepare('a', 'base')));
    t.equal(asked.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const result of asked) if (result.status === 'rejected') t.match(result.reason, { kind: 'already exists' });
    const many = await Promise.allSettled(Array.from({ length: 8 }, (_, at) => api.prepare(`m${at}`, 'base')));
    t.ok(many.every(({ status }) => status === 'fulfilled'));
  },
};
