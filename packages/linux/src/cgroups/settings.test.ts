import t from 'tap';
import type { Resources, Setting } from './resources.ts';
import { deviceSettingsV1, settingsV1 } from './settings-v1.ts';
import { cpuWeight, ioWeight, settingsV2 } from './settings-v2.ts';

const texts = (settings: readonly Setting[]) => settings.map(({ file, value }) => `${file} ${value}`);

const all: Resources = {
  memory: { limit: 2 ** 40, reservation: 1024, swap: 2 ** 41, swappiness: 0, disableOOMKiller: true },
  cpu: { shares: 1024, quota: 5000, period: 10000, cpus: '0-1', mems: '0' },
  pids: { limit: 10 },
  blockIO: { weight: 500, throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 2 ** 53 }] },
  hugepageLimits: [{ pageSize: '2MB', limit: 0 }],
};

t.test('version 1', async (t) => {
  t.same(texts(settingsV1(all)), [
    'cpuset.cpus 0-1',
    'cpuset.mems 0',
    'memory.limit_in_bytes 1099511627776',
    'memory.memsw.limit_in_bytes 2199023255552',
    'memory.soft_limit_in_bytes 1024',
    'memory.oom_control 1',
    'memory.swappiness 0',
    'cpu.shares 1024',
    'cpu.cfs_period_us 10000',
    'cpu.cfs_quota_us 5000',
    'pids.max 10',
    'blkio.weight 500',
    'blkio.throttle.read_bps_device 8:0 9007199254740992',
    'hugetlb.2MB.limit_in_bytes 0',
    'hugetlb.2MB.rsvd.limit_in_bytes 0',
  ]);
  t.same(
    texts(settingsV1({ memory: { limit: 0 }, cpu: { shares: 0, quota: 0 }, pids: { limit: 0 } })),
    [],
    'zeros change nothing',
  );
  t.same(texts(settingsV1({ memory: { limit: -1 } }, { swap: false })), ['memory.limit_in_bytes -1']);
  t.throws(() => settingsV1({ memory: { swappiness: 101 } }), /invalid memory swappiness value: 101/);
  t.same(
    texts(
      settingsV1({
        memory: { kernelTCP: 4096 },
        cpu: { burst: 10, idle: 1, realtimePeriod: 100, realtimeRuntime: 50 },
        blockIO: {
          leafWeight: 20,
          weightDevice: [{ major: 8, minor: 0, weight: 30, leafWeight: 40 }],
          throttleWriteBpsDevice: [{ major: 8, minor: 0, rate: 1 }],
          throttleReadIOPSDevice: [{ major: 8, minor: 0, rate: 2 }],
          throttleWriteIOPSDevice: [{ major: 8, minor: 0, rate: 3 }],
        },
        network: { classID: 7, priorities: [{ name: 'eth0', priority: 5 }] },
        rdma: { mlx: { hcaHandles: 3 } },
      }),
    ),
    [
      'memory.kmem.tcp.limit_in_bytes 4096',
      'cpu.rt_period_us 100',
      'cpu.rt_runtime_us 50',
      'cpu.cfs_burst_us 10',
      'cpu.idle 1',
      'blkio.leaf_weight 20',
      'blkio.weight_device 8:0 30',
      'blkio.leaf_weight_device 8:0 40',
      'blkio.throttle.write_bps_device 8:0 1',
      'blkio.throttle.read_iops_device 8:0 2',
      'blkio.throttle.write_iops_device 8:0 3',
      'net_cls.classid 7',
      'net_prio.ifpriomap eth0 5',
      'rdma.max mlx hca_handle=3 hca_object=max',
    ],
  );
  t.same(texts(settingsV1({ memory: { limit: -1 }, pids: { limit: -1 } })), [
    'memory.limit_in_bytes -1',
    'memory.memsw.limit_in_bytes -1',
    'pids.max max',
  ]);
});

t.test('swap goes first where both grow', async (t) => {
  const memory = { limit: 200, swap: 400 };
  t.same(texts(settingsV1({ memory }, { memoryLimit: 100 })), [
    'memory.memsw.limit_in_bytes 400',
    'memory.limit_in_bytes 200',
  ]);
  t.same(texts(settingsV1({ memory }, { memoryLimit: 500 })), [
    'memory.limit_in_bytes 200',
    'memory.memsw.limit_in_bytes 400',
  ]);
});

t.test('devices of version 1', async (t) => {
  const rules = [
    { allow: false },
    { allow: true, type: 'c', major: 1, minor: 3, access: 'rw' },
    { allow: true, type: 'b' },
  ];
  t.same(texts(deviceSettingsV1(rules)), [
    'devices.deny a *:* rwm',
    'devices.allow c 1:3 rw',
    'devices.allow b *:* rwm',
  ]);
});

t.test('version 2', async (t) => {
  t.same(texts(settingsV2(all)), [
    'cpuset.cpus 0-1',
    'cpuset.mems 0',
    'cpu.weight 39',
    'cpu.max 5000 10000',
    'memory.swap.max 1099511627776',
    'memory.max 1099511627776',
    'memory.low 1024',
    'pids.max 10',
    'io.weight 4950',
    'io.max 8:0 rbps=9007199254740992',
    'hugetlb.2MB.max 0',
    'hugetlb.2MB.rsvd.max 0',
  ]);
  t.same(texts(settingsV2({ cpu: { quota: -1 }, memory: { limit: -1 } })), [
    'cpu.max max 100000',
    'memory.swap.max max',
    'memory.max max',
  ]);
  t.same(texts(settingsV2({ unified: { 'memory.high': '1M' } })), ['memory.high 1M']);
  t.throws(() => settingsV2({ unified: { '../x.y': '1' } }), /must be a file name/);
  t.throws(() => settingsV2({ memory: { swap: 10 } }), /unable to set swap limit without memory limit/);
  t.throws(() => settingsV2({ memory: { limit: 20, swap: 10 } }), /memory\+swap limit should be >= memory limit/);
});

t.test('weights', async (t) => {
  t.same([2, 1024, 262144, 1].map(cpuWeight), [1, 39, 10000, 1]);
  t.same([10, 500, 1000].map(ioWeight), [1, 4950, 10000]);
});
