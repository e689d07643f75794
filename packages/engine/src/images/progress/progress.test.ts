import t from 'tap';
import { humanSize, layerProgress, layerStatus } from './progress.ts';

t.test('messages look as Docker’s', async (t) => {
  t.same(layerStatus('a', 'Waiting'), { status: 'Waiting', progressDetail: {}, id: 'a' });
  t.same(layerProgress('e90578aedbd5', 'Downloading', 253, 253), {
    status: 'Downloading',
    progressDetail: { current: 253, total: 253 },
    progress: `[${'='.repeat(50)}]     253B/253B`,
    id: 'e90578aedbd5',
  });
  t.equal(layerProgress('a', 'x', 1, 2).progress, `[${'='.repeat(25)}>${' '.repeat(24)}]       1B/2B`);
  t.equal(humanSize(6144), '6.144kB');
  t.equal(humanSize(512), '512B');
});
