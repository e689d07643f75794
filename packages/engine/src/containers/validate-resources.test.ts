import t from 'tap';
import { check } from '../api/body.ts';
import { HostConfig } from '../api/schemas/host-config.ts';
import { readHostFacts } from '../host.ts';
import { validateResources } from './validate-resources.ts';

const host = { ...readHostFacts(), cpus: 2, blkioWeight: true, swapLimit: true };
const validate = (limits: object) => validateResources(check(limits, HostConfig), host, { update: false });

t.test('limits that cannot be', async (t) => {
  const mebibyte = 1024 * 1024;
  for (const [limits, message] of [
    [{ Memory: 5 * mebibyte }, 'Minimum memory limit allowed is 6MB'],
    [
      { Memory: 64 * mebibyte, MemorySwap: 32 * mebibyte },
      'Minimum memoryswap limit should be larger than memory limit, see usage',
    ],
    [{ MemorySwap: 64 * mebibyte }, 'You should always set the Memory limit when using Memoryswap limit, see usage'],
    [{ MemorySwappiness: 101 }, 'Invalid value: 101, valid memory swappiness range is 0-100'],
    [{ MemoryReservation: 1 }, 'Minimum memory reservation allowed is 6MB'],
    [{ NanoCpus: 3e9 }, 'Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available'],
    [{ NanoCpus: 1e9, CpuPeriod: 1000 }, 'Conflicting options: Nano CPUs and CPU Period cannot both be set'],
    [{ CpuPeriod: 10 }, 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)'],
    [{ CpuQuota: 10 }, 'CPU cfs quota can not be less than 1ms (i.e. 1000)'],
    [{ CpusetCpus: 'abc' }, 'Invalid value abc for cpuset cpus: invalid format: abc'],
    [{ CpusetCpus: '0-9000' }, /Invalid value/],
    [{ CpusetCpus: '8000' }, /Requested CPUs are not available - requested 8000/],
    [{ BlkioWeight: 5 }, 'Range of blkio weight is from 10 to 1000'],
  ] as const)
    t.throws(() => validate(limits), { message }, JSON.stringify(limits));
  t.same(validate({ Memory: 64 * mebibyte, NanoCpus: 5e8, CpusetCpus: '0' }), []);
  t.match(validate({ OomKillDisable: true }), [/OOM killer is disabled/]);
});
