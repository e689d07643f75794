/** All endpoints of the Engine API. */
import type { Endpoint } from './context.ts';
import { absentEndpoints } from './routes/absent.ts';
import { archiveEndpoints } from './routes/archive.ts';
import { attachEndpoint } from './routes/attach.ts';
import { containerLifeEndpoints } from './routes/container-life.ts';
import { containerEndpoints } from './routes/containers.ts';
import { execEndpoints } from './routes/exec.ts';
import { imageTransferEndpoints } from './routes/image-transfer.ts';
import { imageEndpoints } from './routes/images.ts';
import { logsEndpoint } from './routes/logs.ts';
import { networkEndpoints } from './routes/networks.ts';
import { statsEndpoint } from './routes/stats.ts';
import { systemEndpoints } from './routes/system.ts';
import { volumeEndpoints } from './routes/volumes.ts';
import { waitEndpoint } from './routes/wait.ts';

export const endpoints: readonly Endpoint[] = [
  ...systemEndpoints,
  ...imageEndpoints,
  ...imageTransferEndpoints,
  ...containerEndpoints,
  ...containerLifeEndpoints,
  ...archiveEndpoints,
  attachEndpoint,
  statsEndpoint,
  waitEndpoint,
  logsEndpoint,
  ...execEndpoints,
  ...volumeEndpoints,
  ...networkEndpoints,
  ...absentEndpoints,
];
