import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { goJson } from '../cli/go-json.ts';
import { cacheStats } from './cache-stats.ts';

t.test('the files of resctrl in the words of runc', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'drydock-resctrl-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const put = (path: string, text: string) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  };
  t.same(cacheStats('c1', root), {}, 'a machine without');
  put('schemata', '    MB:0=100\n    L3:0=fffff');
  put('info/L3/cbm_mask', 'fffff');
  put('info/L3/min_cbm_bits', '1');
  put('info/L3/num_closids', '16');
  t.same(cacheStats('c1', root), {}, 'a container without a group');
  put('c1/schemata', 'L3:0=f');
  put('info/L3_MON/mon_features', 'llc_occupancy\nmbm_total_bytes');
  put('c1/mon_data/mon_L3_00/llc_occupancy', '4096');
  put('c1/mon_data/mon_L3_00/mbm_total_bytes', '18446744073709551615');
  t.equal(
    goJson(cacheStats('c1', root)),
    '{"l3_cache_info":{"cbm_mask":"fffff","min_cbm_bits":1,"num_closids":16},"l3_cache_schema_root":"L3:0=fffff",' +
      '"l3_cache_schema":"L3:0=f","mbm_stats":[{"mbm_total_bytes":18446744073709551615}],"cmt_stats":[{"llc_occupancy":4096}]}',
  );
});
