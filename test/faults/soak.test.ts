/** The soak of scripts/soak, in small: nothing is lost, nothing left, though supervisor and shims are killed. */
import t from 'tap';
import { soak } from '../support/soak.ts';

t.test('sixty containers, three kills of the supervisor, three of shims', async (t) => {
  const sizes = { containers: 60, alive: 10, supervisorKills: 3, shimKills: 3, seed: 4 };
  const { faults, figures, details } = await soak(sizes);
  const none = Object.fromEntries(Object.keys(faults).map((name) => [name, 0]));
  t.same(faults, none, details.join('\n'));
  t.not(figures['exits heard'], 0);
  t.match(figures, { 'supervisor killed': 3, 'shims killed': 3, 'containers created, run and deleted': 60 });
});
