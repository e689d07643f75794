/**
 * config.json, process.json and state.json, damaged at random: what reads them answers, or refuses with an error that it
 * means to give, and never runs into one of the language's. DRYDOCK_FUZZ_SECONDS is how long (20), DRYDOCK_FUZZ_SEED where the
 * random numbers begin.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ShapeError } from '@drydock/oci/runtime-shape';
import { parseProcess, parseSpec } from '@drydock/oci/runtime-spec';
import t from 'tap';
import { exampleSpec } from './commands/spec.ts';
import { compileCreate } from './compile/create.ts';
import { validateProcess, validateSpec } from './compile/validate.ts';
import { type ContainerState, readState, writeState } from './container/state.ts';
import { Failure } from './failure.ts';
import { fakeHost } from './testing/host.ts';

const seconds = Number(process.env.DRYDOCK_FUZZ_SECONDS ?? 20);
const seed = Number(process.env.DRYDOCK_FUZZ_SEED ?? 1);

const directory = mkdtempSync(join(tmpdir(), 'drydock-fuzz-'));
t.teardown(() => rmSync(directory, { recursive: true }));
const options = { id: 'c', preserved: 3, pivot: true, newKeyring: true };
const state: ContainerState = {
  ...{
    id: 'c',
    pid: 5,
    startTime: 7,
    created: '2026-01-01T00:00:00Z',
    ociVersion: '1.2.0',
    bundle: '/b',
    rootfs: '/b/r',
  },
  ...{
    annotations: { a: 'b' },
    cgroupPaths: { memory: '/m' },
    namespaces: { pid: '' },
    hooks: { poststop: [{ path: '/x' }] },
    uidMappings: [{ containerID: 0, hostID: 1, size: 2 }],
    gidMappings: [],
    seccompListener: undefined,
    machine: {},
  },
};
writeState(directory, state);
const stateText = readFileSync(join(directory, 'state.json'), 'utf8');

const targets: readonly { readonly name: string; readonly text: string; read(text: string): void }[] = [
  {
    name: 'config.json',
    text: JSON.stringify(exampleSpec()),
    read: (text) => {
      const spec = parseSpec(text);
      validateSpec(spec);
      compileCreate({ spec, rootfs: '/bundle/rootfs', options }, fakeHost());
    },
  },
  {
    name: 'process.json',
    text: JSON.stringify(exampleSpec().process),
    read: (text) => validateProcess(parseProcess(text)),
  },
  {
    name: 'state.json',
    text: stateText,
    read: (text) => {
      writeFileSync(join(directory, 'state.json'), text);
      readState(directory);
    },
  },
];

/** What takes the place of a value. */
const odd: readonly unknown[] = [
  ...[null, true, '', 0, -1, 1.5, 1e300, 2 ** 32, 2 ** 63, [], {}, [null], [[]], { a: null }, 'x'.repeat(5000)],
  ...[
    '/',
    '/..',
    '../..',
    '\0',
    'a\nb',
    '/proc/self',
    'CAP_NOTHING',
    'rbind',
    '-1',
    '%s',
    '\ud800',
    '__proto__',
    'bind',
  ],
];

for (const { name, text, read } of targets) {
  t.test(`${name}, seed ${seed}`, async (t) => {
    const random = randomFrom(seed);
    const end = performance.now() + (seconds * 1000) / targets.length;
    let [tried, refused] = [0, 0];
    while (performance.now() < end) {
      const damaged = damage(text, random);
      tried += 1;
      try {
        read(damaged);
      } catch (error) {
        refused += 1;
        if (error instanceof Failure || error instanceof ShapeError) continue;
        t.fail(`${(error as Error).stack} on ${damaged}`);
        break;
      }
    }
    t.ok(refused > 0 && refused < tried, `${tried} tried, ${refused} refused`);
  });
}

/** Numbers from 0 up to a limit, the same for the same seed (xorshift). */
function randomFrom(start: number): (limit: number) => number {
  let word = start * 2654435761 || 1;
  return (limit) => {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    return (word >>> 0) % limit;
  };
}

/** Changes one to three values, or a few characters. */
function damage(text: string, random: (limit: number) => number): string {
  if (random(4) === 0) return damageText(text, random);
  const document = JSON.parse(text);
  for (let count = 1 + random(3); count > 0; count -= 1) damageValue(document, random);
  return JSON.stringify(document);
}

function damageText(text: string, random: (limit: number) => number): string {
  let changed = text;
  for (let count = 1 + random(4); count > 0; count -= 1) {
    const at = random(changed.length + 1);
    const [insert, remove] = [['', '{', '"', '[]', '\\u0000', '1e999', 'null', ',', '\u00ff'][random(9)], random(6)];
    changed = changed.slice(0, at) + insert + changed.slice(at + remove);
  }
  return changed;
}

/** Replaces, removes or doubles a value somewhere in a document. */
function damageValue(document: object, random: (limit: number) => number): void {
  let parent = document as Record<string, unknown>;
  for (;;) {
    const keys = Object.keys(parent);
    if (keys.length === 0) return;
    const key = keys[random(keys.length)]!;
    const value = parent[key];
    if (typeof value === 'object' && value !== null && Object.keys(value).length > 0 && random(5) > 0) {
      parent = value as Record<string, unknown>;
      continue;
    }
    const choice = random(8);
    if (choice === 0) delete parent[key];
    else if (choice === 1) parent[`${key}x`] = value;
    else parent[key] = structuredClone(odd[random(odd.length)]);
    return;
  }
}
