#!/usr/bin/env node
/** Reads the sizes, runs the soak of test/support/soak.ts and prints its table. */
import { parseArgs } from 'node:util';
import { soak } from '../test/support/soak.ts';

const { values } = parseArgs({
  options: {
    containers: { type: 'string', default: '2000' },
    alive: { type: 'string', default: '200' },
    'supervisor-kills': { type: 'string', default: '20' },
    'shim-kills': { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
console.log(`seed ${values.seed}`);
const { faults, figures, details } = await soak({
  containers: numberOf('containers'),
  alive: numberOf('alive'),
  supervisorKills: numberOf('supervisor-kills'),
  shimKills: numberOf('shim-kills'),
  seed: numberOf('seed'),
  tell: (line) => console.log(line),
});
for (const line of details) console.log(`  ${line}`);
for (const [name, value] of Object.entries({ ...figures, ...faults })) console.log(`${name.padEnd(38)} ${value}`);
process.exitCode = Object.values(faults).every((count) => count === 0) ? 0 : 1;

function numberOf(name: keyof typeof values): number {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 0) throw new Error(`--${name} takes a number, not ${values[name]}`);
  return number;
}
