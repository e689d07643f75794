/** Containers of a user who is not root: its own ids, ids given to it, cgroups where they are delegated to it. */
import { spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { DraftSpec } from '../../packages/runtime/src/testing/sandbox.ts';
import { type Case, messages, rootless, testFeature } from './support.ts';

const nobody = 54321;

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
      name: 'exec in a container that is only created',
      notCrun: 'crun 1.8 may not join the namespaces',
      act: (t, { sandbox }) => {
        const id = sandbox.id();
        const bundle = sandbox.script('sleep 100', rootless(nobody));
        t.match(sandbox.run(['create', '-b', bundle, id], { stdio: 'ignore' }), { code: 0 });
        const { stdout } = sandbox.run(['exec', id, 'sh', '-c', 'id -u; cat /proc/self/uid_map']);
        t.match(stdout, /^0\n\s+0\s+54321\s+1\n/);
        t.equal(sandbox.status(id), 'created');
        t.match(sandbox.run(['start', id]), { code: 0 });
        t.equal(sandbox.status(id), 'running');
        t.match(sandbox.run(['delete', '--force', id]), { code: 0 });
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
          'crun makes one itself',
        ],
        [
          'refused: no mappings of users',
          (spec) => {
            delete spec.linux.uidMappings;
          },
          /rootless containers requires at least one UID mapping|no uid mappings found/i,
          'crun maps the user itself',
        ],
        [
          'refused: additional groups',
          (spec) => {
            spec.process.user = { uid: 0, gid: 0, additionalGids: [0] };
          },
          /cannot set any additional groups in a rootless container/,
          'crun 1.8 goes on without them',
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
          'crun 1.8 goes on without the limit',
        ],
        [
          'refused: a cgroup that is not delegated',
          (spec) => {
            spec.linux.cgroupsPath = '/not-delegated';
          },
          /permission denied/,
        ],
      ] as readonly (readonly [string, (spec: DraftSpec) => void, RegExp, string?])[]
    ).map(
      ([name, edit, says, notCrun]): Case => ({
        name,
        edit: rootless(nobody, edit),
        code: 1,
        says,
        ...(notCrun ? { notCrun } : {}),
      }),
    ),
    {
      name: 'a cgroup that is delegated',
      skip: existsSync('/sys/fs/cgroup/cgroup.controllers') && 'of version 2 there is rootless-cgroups.test.ts',
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
      notCrun: 'crun 1.8 runs the container without them',
      act: (t, bench) => {
        const words = ['run', '-b', bench.sandbox.script('true', rootless(nobody)), bench.sandbox.id()];
        const outcome = bench.sandbox.run(['--rootless', 'false', ...words]);
        t.equal(outcome.code, 1);
        if (bench.runtime !== 'crun') t.match(messages(outcome), /permission denied/);
      },
    },
  ],
  { user: nobody },
);

/** The first of the ids that are given to the user, who is known where these files are in the place of the machine's. */
const given = 300000;
const files = mkdtempSync(join(tmpdir(), 'drydock-ids-'));
t.teardown(() => rmSync(files, { recursive: true }));
const accounts = {
  passwd: `${readFileSync('/etc/passwd', 'utf8')}nobody-else:x:${nobody}:${nobody}::/:/bin/sh\n`,
  subuid: `${nobody}:${given}:1000\n`,
  subgid: `${nobody}:${given}:1000\n`,
};
for (const [name, text] of Object.entries(accounts)) writeFileSync(join(files, name), text);
const inPlace = Object.keys(accounts).map((name) => `mount --bind ${join(files, name)} /etc/${name}`);

testFeature(
  'rootless, ids given',
  [
    {
      name: 'newuidmap and newgidmap map them',
      edit: rootless(nobody, (spec) => {
        const mappings = [
          { containerID: 0, hostID: nobody, size: 1 },
          { containerID: 1, hostID: given, size: 1000 },
        ];
        Object.assign(spec.linux, { uidMappings: mappings, gidMappings: mappings });
        spec.process.user = { uid: 5, gid: 6 };
        spec.process.cwd = '/tmp';
      }),
      script: 'id; wc -l < /proc/self/uid_map; cat /proc/self/setgroups',
      prints: /^uid=5 gid=6.*\n2\nallow\n$/,
    },
    {
      name: 'refused: more ids than are given',
      edit: rootless(nobody, (spec) => {
        spec.linux.uidMappings!.push({ containerID: 1, hostID: given, size: 1001 });
      }),
      code: 1,
      says: /newuidmap: uid range \[1-1002\) -> \[300000-301001\) not allowed/,
    },
  ],
  {
    user: nobody,
    everywhere: true,
    through: ['unshare', '--mount', 'sh', '-c', `${inPlace.join(' && ')} && exec "$@"`, 'sh'],
    skip:
      (spawnSync('newuidmap', ['--help']).error && 'needs newuidmap (uidmap)') ||
      (!existsSync('/etc/subuid') && 'needs /etc/subuid'),
  },
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
