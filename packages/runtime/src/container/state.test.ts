import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { type ContainerState, makeStateDirectory, readState, writeState } from './state.ts';

const root = mkdtempSync(join(tmpdir(), 'drydock-state-'));
t.teardown(() => rmSync(root, { recursive: true }));

const state: ContainerState = {
  id: 'c',
  pid: 7,
  startTime: 99,
  created: '2026-01-02T03:04:05.678Z',
  ociVersion: '1.2.0',
  bundle: '/b',
  rootfs: '/b/rootfs',
  annotations: { key: 'a=b', other: '' },
  cgroupPaths: { memory: '/sys/fs/cgroup/memory/c', '': '/sys/fs/cgroup/unified/c' },
  uidMappings: [{ containerID: 0, hostID: 1000, size: 1 }],
  gidMappings: [],
  machine: { personality: { domain: 'LINUX32' } },
  namespaces: { pid: '', network: '/run/netns/n' },
  hooks: { poststop: [{ path: '/bin/true', args: ['true'], timeout: 2 }] },
};

t.test('is read as it was written, and has the fields of runc', async (t) => {
  const directory = join(root, 'state/c');
  t.equal(makeStateDirectory(join(root, 'state'), directory), true);
  t.equal(makeStateDirectory(join(root, 'state'), directory), false);
  t.equal(readState(directory), undefined);
  writeState(directory, state);
  t.match(readState(directory), state);
  t.same(readdirSync(directory), ['state.json']);
  t.match(JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8')), {
    id: 'c',
    init_process_pid: 7,
    init_process_start: 99,
    cgroup_paths: state.cgroupPaths,
    namespace_paths: { NEWNET: '/proc/7/ns/net' },
    config: { labels: ['key=a=b', 'other=', 'bundle=/b'], Hooks: { poststop: [{ path: '/bin/true', timeout: 2e9 }] } },
  });
});
