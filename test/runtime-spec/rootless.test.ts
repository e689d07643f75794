/** Containers of a user who is not root: its own ids, ids given to it, cgroups where they are delegated to it. */
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DraftSpec } from '../../packages/runtime/src/testing/sandbox.ts';
import { type Case, messages, testFeature } from './support.ts';

const nobody = 54321;

/** As `spec --rootless` has it: what only root can give is left out. */
const rootless =
  (user: number, edit: (spec: DraftSpec) => void = () => {}) =>
  (spec: DraftSpec): void => {
    spec.linux.namespaces = [...spec.linux.namespaces!.filter(({ type }) => type !== 'network'), { type: 'user' }];
    spec.linux.uidMappings = [{ containerID: 0, hostID: user, size: 1 }];
    spec.linux.gidMappings = [{ containerID: 0, hostID: user, size: 1 }];
    delete spec.linux.resources;
    spec.mounts = spec
      .mounts!.filter(({ type }) => type !== 'cgroup')
      .map((mount) => ({ ...mount, options: (mount.options ?? []).filter((option) => !option.startsWith('gid=')) }))
      .map((mount) =>
        mount.type === 'sysfs'
          ? { destination: '/sys', type: 'none', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'] }
          : mount,
      );
    edit(spec);
  };

const delegated = 'rootless-delegated';
const hierarchies = existsSync('/sys/fs/cgroup/cgroup.controllers')
  ? ['/sys/fs/cgroup']
  : readdirSync('/sys/fs/cgroup').map((name) => `/sys/fs/cgroup/${name}`);

testFeature(
  'rootless',
  [
    {
      name: 'root in the container is the user outside',
      edit: rootless(nobody),
      script: 'id -u; id -g; cat /proc/self/uid_map /proc/self/setgroups; touch /tmp/x; stat -c %u /tmp/x',
      prints: /^0\n0\n\s+0\s+54321\s+1\ndeny\n0\n$/,
    },
    {
      name: 'another id in the container',
      edit: rootless(nobody, (spec) => {
        spec.linux.uidMappings = [{ containerID: 0, hostID: nobody, size: 1 }];
        spec.process.user = { uid: 5, gid: 0 };
      }),
      code: 1,
      says: /invalid argument|cannot set uid to unmapped user in user namespace/,
    },
    {
      name: 'create, start, exec, state, kill, delete',
      act: (t, bench) => {
        const { id } = bench.start(bench.sandbox.script('sleep 100', rootless(nobody)));
        t.equal(bench.exec(id, 'id', '-u').stdout, '0\n');
        t.equal(bench.sandbox.status(id), 'running');
        t.equal(bench.sandbox.run(['kill', id, 'KILL']).code, 0);
        t.equal(bench.sandbox.run(['delete', '--force', id]).code, 0);
        t.equal(bench.sandbox.status(id), 'absent');
      },
    },
    {
      name: 'hooks outside and inside',
      act: (t, bench) => {
        const bundle = bench.sandbox.script(
          'cat /tmp/inside; cat /hooked',
          rootless(nobody, (spec) => {
            spec.hostname = 'inside';
            const shell = (script: string) => [{ path: '/bin/sh', args: ['sh', '-c', script] }];
            spec.hooks = {
              createRuntime: shell(`id -u > ${bench.sandbox.rootfs}/hooked`),
              createContainer: shell(`id -u >> ${bench.sandbox.rootfs}/hooked`),
              startContainer: shell('hostname > /tmp/inside'),
            };
          }),
        );
        const { code, stdout, stderr } = bench.run(bundle);
        t.equal(code, 0, stderr);
        t.equal(stdout, `inside\n${nobody}\n0\n`);
      },
    },
    {
      name: 'an own network namespace',
      edit: rootless(nobody, (spec) => spec.linux.namespaces!.push({ type: 'network' })),
      script: 'cat /sys/class/net/lo/flags; ls /proc/self/net/dev',
      prints: /0x9/,
    },
    ...(
      [
        [
          'refused: no user namespace',
          (spec) => {
            spec.linux.namespaces = spec.linux.namespaces!.filter(({ type }) => type !== 'user');
          },
          /rootless container requires user namespaces/,
        ],
        [
          'refused: no mappings of users',
          (spec) => {
            delete spec.linux.uidMappings;
          },
          /rootless containers requires at least one UID mapping|no uid mappings found/i,
        ],
        [
          'refused: additional groups',
          (spec) => {
            spec.process.user = { uid: 0, gid: 0, additionalGids: [0] };
          },
          /cannot set any additional groups in a rootless container/,
        ],
        [
          'refused: the group of a mount is not mapped',
          (spec) => {
            spec.mounts!.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['gid=5'] });
          },
          /cannot specify gid= mount options for unmapped gid in rootless containers/,
        ],
        [
          'refused: an id that is not the user',
          (spec) => {
            spec.linux.uidMappings = [{ containerID: 0, hostID: 0, size: 1 }];
          },
          /newuidmap|operation not permitted/,
        ],
        [
          'refused: a limit without a cgroup',
          (spec) => {
            spec.linux.resources = { pids: { limit: 10 } };
          },
          /cannot set pids limit: container could not join or create cgroup|rootless needs no limits/,
        ],
        [
          'refused: a cgroup that is not delegated',
          (spec) => {
            spec.linux.cgroupsPath = '/not-delegated';
          },
          /permission denied/,
        ],
      ] as readonly (readonly [string, (spec: DraftSpec) => void, RegExp])[]
    ).map(([name, edit, says]): Case => ({ name, edit: rootless(nobody, edit), code: 1, says })),
    {
      name: 'a cgroup that is delegated',
      skip:
        existsSync('/sys/fs/cgroup/cgroup.controllers') &&
        'with version 2, whoever brings a process must be in what is delegated to it already',
      act: (t, bench) => {
        const directories = hierarchies.map((top) => join(top, delegated));
        for (const directory of directories) delegate(directory);
        try {
          const bundle = bench.sandbox.script(
            'cat /proc/self/cgroup',
            rootless(nobody, (spec) => {
              spec.linux.cgroupsPath = `/${delegated}/own`;
              spec.linux.resources = { pids: { limit: 10 } };
            }),
          );
          const { code, stdout, stderr } = bench.run(bundle);
          t.equal(code, 0, stderr);
          t.match(stdout, new RegExp(`:/${delegated}/own\n`));
        } finally {
          for (const directory of directories) rmdirSync(directory);
        }
      },
    },
    {
      name: '--rootless=false asks for cgroups',
      act: (t, bench) => {
        const outcome = bench.sandbox.run([
          '--rootless',
          'false',
          'run',
          '-b',
          bench.sandbox.script('true', rootless(nobody)),
          bench.sandbox.id(),
        ]);
        t.equal(outcome.code, 1);
        t.match(messages(outcome), /permission denied/);
      },
    },
  ],
  { user: nobody },
);

/** A user that has ids given to it, and the ids. */
const given = subordinate();

testFeature(
  'ids given to a user',
  [
    {
      name: 'newuidmap and newgidmap map them',
      edit: rootless(given.user, (spec) => {
        for (const [kind, { start, count }] of [
          ['uidMappings', given.uids],
          ['gidMappings', given.gids],
        ] as const)
          spec.linux[kind] = [
            { containerID: 0, hostID: given.user, size: 1 },
            { containerID: 1, hostID: start, size: Math.min(count, 1000) },
          ];
        spec.process.user = { uid: 5, gid: 6 };
        spec.process.cwd = '/tmp';
      }),
      script: 'id -u; id -g; wc -l < /proc/self/uid_map; cat /proc/self/setgroups',
      prints: '5\n6\n2\nallow\n',
    },
  ],
  { user: given.user, skip: given.skip },
);

/** A directory of a hierarchy that the user may make cgroups in, with the controllers that are there. */
function delegate(directory: string): void {
  mkdirSync(directory);
  for (const name of ['', 'cgroup.procs', 'tasks', 'cgroup.subtree_control'])
    if (existsSync(join(directory, name))) chownSync(join(directory, name), nobody, nobody);
  for (const name of ['cpuset.cpus', 'cpuset.mems'])
    if (existsSync(join(directory, name)) && existsSync(join(directory, 'tasks')))
      writeFileSync(join(directory, name), readFileSync(join(directory, '..', name)));
}

function subordinate() {
  const none = { user: nobody, uids: { start: 0, count: 0 }, gids: { start: 0, count: 0 } };
  if (spawnSync('newuidmap', ['--help']).error) return { ...none, skip: 'needs newuidmap (uidmap)' };
  const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []);
  const [[name = '', start, count] = []] = read('/etc/subuid').map((line) => line.split(':'));
  const groups = read('/etc/subgid')
    .map((line) => line.split(':'))
    .find(([owner]) => owner === name);
  const user = Number(spawnSync('id', ['-u', name], { encoding: 'utf8' }).stdout);
  if (!name || !groups || !user) return { ...none, skip: 'needs a user in /etc/subuid and /etc/subgid' };
  const range = (first: string | undefined, size: string | undefined) => ({
    start: Number(first),
    count: Number(size),
  });
  return { user, uids: range(start, count), gids: range(groups[1], groups[2]), skip: false as const };
}
