import t from 'tap';
import { check } from '../api/body.ts';
import { ContainerConfig } from '../api/schemas/container-config.ts';
import { HostConfig } from '../api/schemas/host-config.ts';
import { planMounts } from './mount-points.ts';

const plan = (hostConfig: object, config: object = {}) =>
  planMounts(check(config, ContainerConfig), check(hostConfig, HostConfig), (name) => {
    throw new Error(`No such container: ${name}`);
  });

t.test('binds, volumes and tmpfs', async (t) => {
  t.match(plan({ Binds: ['/a:/b:ro,rslave', 'data:/data', '/tmp/x/:/c/'] }), [
    {
      type: 'bind',
      source: '/a',
      destination: '/b',
      rw: false,
      propagation: 'rslave',
      mode: 'ro,rslave',
      createSource: true,
    },
    { type: 'volume', name: 'data', destination: '/data', rw: true, copyData: true, anonymous: false, mode: 'z' },
    { type: 'bind', destination: '/c' },
  ]);
  t.match(plan({ Tmpfs: { '/t': 'size=1m,exec' } }), [
    { type: 'tmpfs', destination: '/t', tmpfsOptions: ['nosuid', 'nodev', 'size=1m', 'exec'] },
  ]);
  t.match(
    plan({ Mounts: [{ Type: 'volume', Source: 'v', Target: '/v', ReadOnly: true, VolumeOptions: { NoCopy: true } }] }),
    [{ type: 'volume', name: 'v', rw: false, copyData: false }],
  );
  t.match(plan({ Mounts: [{ Type: 'tmpfs', Target: '/m', TmpfsOptions: { SizeBytes: 1024, Mode: 0o700 } }] }), [
    { type: 'tmpfs', tmpfsOptions: ['noexec', 'nosuid', 'nodev', 'mode=700', 'size=1024'] },
  ]);
  t.match(plan({}, { Volumes: { '/anonymous': {} } }), [{ type: 'volume', name: '', anonymous: true }]);
  t.equal(
    plan({ Binds: ['/a:/same'] }, { Volumes: { '/same': {} } }).length,
    1,
    'a bind takes the place of the image’s volume',
  );
});

t.test('what cannot be mounted', async (t) => {
  for (const [hostConfig, message] of [
    [{ Binds: ['/a:/x', '/b:/x'] }, 'Duplicate mount point: /x'],
    [{ Binds: ['/a:/b:bogus'] }, 'invalid mode: bogus'],
    [{ Binds: ['/a:b'] }, /mount path must be absolute/],
    [{ Binds: ['/a:/'] }, /destination can't be '\/'/],
    [{ Binds: ['a:/b:ro:x'] }, /invalid volume specification/],
    [{ Binds: ['../a:/b'] }, /includes invalid characters for a local volume name/],
    [
      { Mounts: [{ Type: 'bind', Source: '/no/such/source', Target: '/x' }] },
      /bind source path does not exist: \/no\/such\/source/,
    ],
    [{ Mounts: [{ Type: 'bogus', Target: '/x' }] }, /mount type unknown/],
    [{ Mounts: [{ Type: 'tmpfs', Source: 'x', Target: '/x' }] }, /field Source must not be specified/],
    [{ VolumesFrom: ['nosuch'] }, 'No such container: nosuch'],
  ] as const)
    t.throws(() => plan(hostConfig), { message }, JSON.stringify(hostConfig));
});
