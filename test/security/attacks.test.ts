/**
 * Attacks of images, containers and callers on the runtime and on the host, each carried out, on this project's runtime and
 * on runc. It prints what happened as a table.
 */
import { existsSync, rmSync } from 'node:fs';
import t from 'tap';
import { unable } from '../../packages/runtime/src/testing/sandbox.ts';
import { Arena, type Attack, type Verdict } from './arena.ts';
import { descriptorAttacks } from './attacks/descriptors.ts';
import { engineAttacks } from './attacks/engine.ts';
import { maskAttacks } from './attacks/masks.ts';
import { mountAttacks } from './attacks/mounts.ts';
import { privilegeAttacks } from './attacks/privileges.ts';
import { wordAttacks } from './attacks/words.ts';

const attacks: readonly Attack[] = [
  ...engineAttacks,
  ...mountAttacks,
  ...descriptorAttacks,
  ...maskAttacks,
  ...privilegeAttacks,
  ...wordAttacks,
];

t.test('attacks', { skip: unable }, async (t) => {
  const arenas = [new Arena('ours'), ...(existsSync('/usr/sbin/runc') ? [new Arena('runc')] : [])];
  t.teardown(() => {
    for (const { sandbox } of arenas) {
      sandbox.remove();
      rmSync(sandbox.directory, { recursive: true, force: true });
    }
  });
  const rows: string[][] = [['attack', 'known from', 'ours', 'runc 1.1.5']];
  for (const attack of attacks) {
    const verdicts: Verdict[] = [];
    for (const arena of arenas) verdicts.push(await attack.act(arena));
    t.notOk(verdicts[0]?.escaped, `${attack.name}: ${verdicts[0]?.what}`);
    rows.push([
      attack.name,
      attack.known,
      ...verdicts.map(({ escaped, what }) => `${escaped ? 'ESCAPED: ' : ''}${what}`),
    ]);
  }
  for (const { sandbox, name } of arenas) t.same(sandbox.leftovers(), [], `${name} leaves nothing`);
  for (const row of rows) t.comment(`| ${row.join(' | ')} |`);
});
