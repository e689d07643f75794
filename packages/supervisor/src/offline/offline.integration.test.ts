/**
 * Each thing is broken behind the back of a supervisor that does not run: fsck names it and says why, repair mends it, and
 * the supervisor then starts and works.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { mount } from '@drydock/linux/mount';
import { mountPointsBelow } from '@drydock/linux/mountinfo';
import { parentOf } from '@drydock/linux/process';
import t from 'tap';
import {
  builtShim,
  busyboxArchive,
  image,
  leftovers,
  makeDirectory,
  missingPeers,
  removeStack,
  type Stack,
  startOurs,
  until,
} from '../test-stacks.ts';
import { parseOfflineArguments } from './arguments.ts';
import { runOffline } from './offline.ts';

const main = join(import.meta.dirname, '../main.ts');
const unable = missingPeers() ?? (!existsSync(builtShim) && 'needs dist/');

t.test('offline', { skip: unable }, async (t) => {
  const directory = makeDirectory();
  const [root, state] = [join(directory, 'root'), join(directory, 'state')];
  const [blobs, ingests] = ['blobs/sha256', 'ingest'].map((name) =>
    join(root, 'io.containerd.content.v1.content', name),
  ) as [string, string];
  const snapshots = join(root, 'io.containerd.snapshotter.v1.overlayfs/snapshots');
  const places = ['--root', root, '--state', state, '--address', join(directory, 'sv.sock')];
  process.env.PATH = `${join(builtShim, '..')}:${process.env.PATH}`;
  /** The program itself. */
  const program = (...words: string[]) =>
    spawnSync(process.execPath, [main, '--offline', ...words, ...places], { encoding: 'utf8' });
  const offline = async (...words: string[]) => {
    let text = '';
    const code = await runOffline(parseOfflineArguments(['--offline', ...words, ...places]), (line) => {
      text += `${line}\n`;
    });
    return { code, text };
  };
  const found = async (...words: string[]): Promise<string[]> => {
    const { problems } = JSON.parse((await offline('fsck', '--json', ...words)).text);
    return (problems as { state: string; kind: string }[]).map(({ state: is, kind }) => `${is} ${kind}`);
  };
  const metadata = (sql: string): void => {
    const db = new DatabaseSync(join(root, 'metadata.db'), { enableForeignKeyConstraints: false });
    db.exec(sql);
    db.close();
  };
  let ours: Stack | undefined;
  const start = async (): Promise<Stack> => {
    ours = await startOurs(directory, 'n', builtShim, '--spare-shims', '0');
    return ours;
  };
  const stop = async (): Promise<void> => ours?.stop();

  await t.test('no data, a supervisor that runs, a wrong verb', async (t) => {
    t.match(program('fsck'), { status: 1, stderr: /holds no data of a supervisor/ });
    const stack = await start();
    t.match(program('fsck'), {
      status: 1,
      stderr: new RegExp(`in use by another drydock-supervisor \\(pid ${stack.child.pid}\\)`),
    });
    t.match(program('mend'), { status: 1, stderr: /Invalid values/ });
    const archive = join(directory, 'image.tar');
    writeFileSync(archive, busyboxArchive());
    t.equal((await stack.ctr('images', 'import', archive)).code, 0);
    t.equal((await stack.ctr('snapshots', 'prepare', 'mine')).code, 0);
    await stop();
    t.match(program('fsck'), { status: 0, stdout: '0 problems\n', stderr: '' }, 'what was stopped in order is whole');
    const [summary] = JSON.parse((await offline('inspect', '--json')).text);
    t.match(summary, { namespace: 'n', images: [{ name: image }], blobs: { count: Number }, leases: [] });
    t.match((await offline('inspect')).text, /image docker\.io\/library\/busybox:latest sha256:/);
  });

  /** Breaks something; what fsck must find first, and what is left in use afterwards. */
  const cases: Readonly<
    Record<string, { readonly break: () => void; readonly finds: string; readonly flags?: string[] }>
  > = {
    'a blob without a record': {
      break: () => writeFileSync(join(blobs, 'a'.repeat(64)), 'x'),
      finds: 'orphan blob',
    },
    'a file among the blobs that is none': { break: () => writeFileSync(join(blobs, 'x'), ''), finds: 'orphan blob' },
    'an ingest without a record': { break: () => mkdirSync(join(ingests, '77')), finds: 'orphan ingest' },
    'an ingest that stands for a blob that is gone': {
      break: () =>
        metadata(
          `INSERT INTO ingests (namespace, ref, total, expected, shared, started) VALUES ('n', 'r', 1, '', 'sha256:${'b'.repeat(64)}', 1)`,
        ),
      finds: 'broken ingest',
    },
    'a snapshot without a record': { break: () => mkdirSync(join(snapshots, '999')), finds: 'orphan snapshot' },
    'a snapshot without files': {
      break: () =>
        metadata("INSERT INTO snapshots VALUES (998, 'n', 'overlayfs', 'lost', 2, NULL, '{}', 1, 1, NULL, NULL)"),
      finds: 'broken snapshot',
    },
    'a snapshot without a parent': {
      break: () => {
        metadata("INSERT INTO snapshots VALUES (997, 'n', 'overlayfs', 'child', 2, 990, '{}', 1, 1, NULL, NULL)");
        mkdirSync(join(snapshots, '997'));
      },
      finds: 'broken snapshot',
    },
    'a bundle that was being removed': {
      break: () => mkdirSync(join(state, 'n/.old'), { recursive: true }),
      finds: 'orphan bundle',
    },
    'a bundle whose shim never started': {
      break: () => {
        mkdirSync(join(state, 'n/half/rootfs'), { recursive: true });
        writeFileSync(join(state, 'n/half/config.json'), '{}');
      },
      finds: 'orphan bundle',
    },
    'a work directory alone': {
      break: () => mkdirSync(join(root, 'io.containerd.runtime.v2.task/n/gone'), { recursive: true }),
      finds: 'orphan bundle',
    },
    'a temporary mount': {
      break: () => {
        const point = join(root, 'tmpmounts/drydock-mount-x');
        mkdirSync(point, { recursive: true });
        mount({ type: 'tmpfs', source: 'tmpfs', options: [] }, point);
      },
      finds: 'orphan mount',
    },
    'a mount whose bundle is gone': {
      break: () => {
        mkdirSync(join(state, 'x/y/rootfs'), { recursive: true });
        mount({ type: 'tmpfs', source: 'tmpfs', options: [] }, join(state, 'x/y/rootfs'));
      },
      finds: 'orphan mount',
    },
    'a blob that lost bytes': {
      break: () => appendFileSync(join(blobs, readdirSync(blobs)[0]!), 'x'),
      finds: 'broken blob',
    },
    'a blob that is another': {
      break: () => {
        const path = join(blobs, readdirSync(blobs)[0]!);
        const data = Buffer.alloc(spawnSync('stat', ['-c', '%s', path]).stdout.toString().trim().length, 'x');
        spawnSync('dd', [`of=${path}`, 'conv=notrunc'], { input: data });
      },
      finds: 'broken blob',
      flags: ['--verify'],
    },
    'a blob that is gone': { break: () => rmSync(join(blobs, readdirSync(blobs)[0]!)), finds: 'broken blob' },
    'an image without its target': {
      break: () => metadata(`UPDATE images SET digest = 'sha256:${'c'.repeat(64)}'`),
      finds: 'broken image',
    },
  };
  for (const [name, { break: breakIt, finds, flags = [] }] of Object.entries(cases))
    await t.test(name, async (t) => {
      breakIt();
      const kinds = await found(...flags);
      t.ok(kinds.includes(finds), `fsck finds it: ${kinds}`);
      t.match(await offline('repair', '--dry-run', ...flags), { code: 1, text: /would / });
      t.same(await found(...flags), kinds, 'a dry run changes nothing');
      t.match(await offline('repair', ...flags), { code: 0, text: /→ / });
      t.same(await found(...flags), []);
      t.same(mountPointsBelow(directory), []);
      // Of what was an orphan the supervisor never knew.
      if (finds.startsWith('orphan')) return;
      const stack = await start();
      t.equal((await stack.ctr('images', 'import', join(directory, 'image.tar'))).code, 0, 'the image is whole again');
      t.equal((await stack.ctr('images', 'check', '-q')).stdout, `${image}\n`);
      t.equal((await stack.ctr('snapshots', 'info', 'mine')).code, 0, 'what is in use has stayed');
      await stop();
    });

  /** The process of a container's shim: the parent of its first process. */
  const shimOf = (id: string): number => parentOf(Number(readFileSync(join(state, 'n', id, 'init.pid'), 'utf8')))!;

  await t.test('a shim that is killed, and one that no bundle names', async (t) => {
    const stack = await start();
    for (const id of ['dead', 'alive']) t.equal((await stack.ctr('run', '-d', image, id, 'sleep', '1000')).code, 0);
    const socketOf = (id: string): string =>
      spawnSync('cat', [join(state, 'n', id, 'address')], { encoding: 'utf8' })
        .stdout.trim()
        .replace('unix://', '');
    const socket = socketOf('alive');
    await stack.kill();
    t.same(await found(), [], 'a supervisor that is killed leaves whole tasks');
    const shim = shimOf('dead');
    process.kill(shim, 'SIGKILL');
    await until('the shim is gone', () => !existsSync(`/proc/${shim}/fd`));
    t.same((await found()).sort(), ['orphan bundle', 'orphan socket']);
    const cleaned = await offline('repair');
    t.equal(cleaned.code, 0, cleaned.text);
    t.same(await found(), []);
    rmSync(join(state, 'n/alive/config.json'));
    const again = await start();
    t.match((await again.ctr('tasks', 'ls')).stdout, /alive +\d+ +RUNNING/);
    t.equal((await again.ctr('tasks', 'rm', '-f', 'alive')).code, 0);
    for (const id of ['dead', 'alive']) t.equal((await again.ctr('containers', 'rm', id)).code, 0);
    t.notOk(existsSync(socket));
    await stop();
  });

  await t.test('the processes and cgroups of a container whose bundle is gone', async (t) => {
    const stack = await start();
    t.equal((await stack.ctr('run', '-d', image, 'lost', 'sleep', '1000')).code, 0);
    const shim = shimOf('lost');
    await stack.kill();
    spawnSync('umount', [join(state, 'n/lost/rootfs')]);
    rmSync(join(state, 'n/lost'), { recursive: true });
    const kinds = await found();
    for (const kind of ['orphan shim', 'orphan runtime state', 'orphan cgroup', 'orphan bundle'])
      t.ok(kinds.includes(kind), kind);
    const repaired = await offline('repair');
    t.equal(repaired.code, 0);
    t.same(await found(), []);
    await until('the shim is gone', () => !existsSync(`/proc/${shim}/fd`));
    await until('nothing is left', () => leftovers(directory).length === 0);
    const again = await start();
    t.equal((await again.ctr('containers', 'rm', 'lost')).code, 0);
    t.equal((await again.ctr('run', '--rm', image, 'new', 'echo', 'works')).stdout, 'works\n');
    await stop();
  });
  t.same(leftovers(directory), []);
  removeStack(directory, 'n');
});
