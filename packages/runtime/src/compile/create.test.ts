import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeProgram } from '@drydock/linux/program/describe';
import { layOut } from '@drydock/linux/program/layout';
import type { Spec } from '@drydock/oci/runtime-spec';
import t, { type Test } from 'tap';
import { exampleSpec } from '../commands/spec.ts';
import { fakeHost } from '../testing/host.ts';
import { compileCreate } from './create.ts';
import type { CreateDescriptors, Host } from './host.ts';

const golden = join(import.meta.dirname, 'golden');
const options = { id: 'c', preserved: 3, pivot: true, newKeyring: true };

/** A program as the lines of its golden file. `UPDATE=1` writes the files anew. */
function compareWithGolden(t: Test, name: string, spec: Spec, host: Host<CreateDescriptors> = fakeHost()): void {
  const program = compileCreate({ spec, rootfs: '/bundle/rootfs', options }, host);
  const lines = describeProgram(program).map(
    ({ stage, field, call, branches }, index) =>
      `${index} ${stage}: ${call}${branches.length > 0 ? ` [${branches.join('; ')}]` : ''}${field ? ` # ${field}` : ''}`,
  );
  const path = join(golden, `${name}.txt`);
  if (process.env.UPDATE) writeFileSync(path, `${lines.join('\n')}\n`);
  t.same(lines, readFileSync(path, 'utf8').trim().split('\n'));
}

const small: Spec = {
  ociVersion: '1.2.0',
  process: { args: ['/bin/true'], cwd: '/', env: ['HOME=/'] },
  root: { path: 'rootfs' },
  linux: { namespaces: [{ type: 'mount' }] },
};

t.test('the example configuration', async (t) => {
  const spec = exampleSpec();
  compareWithGolden(t, 'example', { ...spec, process: { ...spec.process, terminal: false } });
});

t.test('a command and little else', async (t) => compareWithGolden(t, 'small', small));

t.test('a terminal, a user, a seccomp filter, hooks, a joined network', async (t) => {
  const spec: Spec = {
    ...small,
    hostname: 'name',
    process: {
      args: ['sh'],
      cwd: '/work',
      env: ['PATH=/bin:/usr/bin'],
      terminal: true,
      consoleSize: { height: 24, width: 80 },
      user: { uid: 1000, gid: 1000, additionalGids: [5] },
      capabilities: { bounding: ['CAP_KILL'], permitted: ['CAP_KILL'], effective: ['CAP_KILL'] },
      rlimits: [{ type: 'RLIMIT_NOFILE', soft: 64, hard: 64 }],
    },
    mounts: [
      { destination: '/data', type: 'bind', source: '/host', options: ['rbind', 'ro', 'rslave'] },
      { destination: '/proc', type: 'proc', source: 'proc' },
    ],
    linux: {
      namespaces: [{ type: 'mount' }, { type: 'uts' }, { type: 'cgroup' }, { type: 'network', path: '/run/netns/n' }],
      sysctl: { 'net.ipv4.ip_forward': '1' },
      seccomp: { defaultAction: 'SCMP_ACT_ALLOW' },
    },
  };
  const host = fakeHost({
    descriptors: { report: 10, go: 11, fifo: 12, console: 13, tasks: [], namespaces: { network: 40 } },
    sources: new Map([['/host', { kind: 'directory', procfs: false }]]),
    seccomp: { filter: new Uint8Array(16), flags: 0 },
    home: '/home/user',
  });
  compareWithGolden(t, 'terminal', spec, host);
});

t.test('the same input is the same bytes, for both machines', async (t) => {
  for (const machine of ['x64', 'arm64'] as const) {
    const bytes = () =>
      layOut(compileCreate({ spec: exampleSpec(), rootfs: '/r', options }, fakeHost({ machine })), {
        machine,
        address: 0x410000,
        reportTo: 10,
      }).bytes;
    t.same(bytes(), bytes());
  }
});

t.test('mounts that must not be', async (t) => {
  const compile = (mount: NonNullable<Spec['mounts']>[number]) => () =>
    compileCreate({ spec: { ...small, mounts: [mount] }, rootfs: '/r', options }, fakeHost());
  t.throws(
    compile({ destination: '/proc/sys', type: 'sysfs', source: 'sysfs' }),
    /"\/proc\/sys" cannot be mounted because it is inside \/proc/,
  );
  t.throws(compile({ destination: '/dev/../proc/1', type: 'sysfs', source: 'sysfs' }), /inside \/proc/);
  t.throws(compile({ destination: '/proc', type: 'sysfs', source: 'sysfs' }), /is not of type proc/);
  t.throws(
    compile({ destination: '/x', type: 'bind', source: '/nosuch' }),
    /error mounting "\/nosuch" to rootfs at "\/x": stat \/nosuch: no such file or directory/,
  );
  t.doesNotThrow(compile({ destination: '/proc/acpi', type: 'tmpfs', source: 'tmpfs' }));
});
