/** What a container uses, as containerd's metrics messages. */
import { existsSync } from 'node:fs';
import { packAny } from '@drydock/rpc/any';
import { notFound } from '@drydock/rpc/errors';
import { Metrics as MetricsV1 } from '@drydock/rpc/generated/cgroups_v1';
import { Metrics as MetricsV2 } from '@drydock/rpc/generated/cgroups_v2';
import type { Any } from '@drydock/rpc/generated/google';
import { metricsV1 } from './metrics-v1.ts';
import { metricsV2 } from './metrics-v2.ts';
import type { ProcessCgroups } from './paths.ts';

/** The metrics of a cgroup. Throws `not found` once it is gone. */
export function readMetrics({ version, paths }: ProcessCgroups): Any {
  if (!Object.values(paths).some((path) => existsSync(path))) throw notFound('cgroup does not exist: not found');
  return version === 1 ? packAny(MetricsV1, metricsV1(paths)) : packAny(MetricsV2, metricsV2(paths.unified));
}
