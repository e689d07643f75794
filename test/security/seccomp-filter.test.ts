/**
 * The filter of Docker's default profile as a container has it, by our runtime and by runc: both are read back from the
 * kernel and asked about every call, on each architecture, with the arguments at which rules change their mind.
 */
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { defaultProfile } from '../../packages/oci/src/seccomp/default-profile.ts';
import { Sandbox, unable } from '../../packages/runtime/src/testing/sandbox.ts';
import { answer, type Call, type Filter, filtersOf } from './bpf.ts';

const architectures = { x86_64: 0xc000003e, i386: 0x40000003, arm64: 0xc00000b7 };
/** Calls of the x32 ABI have this bit. */
const x32 = 0x40000000;
/** Beyond the last call of any table. */
const numbers = [...Array.from({ length: 1200 }, (_, number) => number), 0x0fffffff, -1];
const capabilities = ['CAP_CHOWN', 'CAP_NET_RAW', 'CAP_SYS_CHROOT', 'CAP_AUDIT_WRITE'];

const noRunc = spawnSync('runc', ['--version']).status !== 0 && 'needs runc';
const otherMachine = process.arch !== 'x64' && 'the tables here are those of x86-64';

for (const [name, opened] of Object.entries({ 'default capabilities': capabilities, administrator: ['CAP_SYS_ADMIN'] }))
  t.test(`Docker's profile, ${name}`, { skip: unable || noRunc || otherMachine }, async (t) => {
    const profile = defaultProfile(opened, 'amd64');
    const ours = new Sandbox();
    t.teardown(() => ours.remove());
    const runc = ours.as(['runc']);
    const [our, their] = [ours, runc].map((sandbox) => {
      const bundle = sandbox.script('sleep 100', (spec) => Object.assign(spec.linux, { seccomp: profile }));
      const id = sandbox.id();
      t.equal(sandbox.run(['create', '--bundle', bundle, id]).code, 0);
      t.equal(sandbox.run(['start', id]).code, 0);
      const filters = filtersOf(JSON.parse(sandbox.run(['state', id]).stdout).pid);
      t.equal(sandbox.run(['delete', '--force', id]).code, 0);
      return filters;
    }) as [Filter[], Filter[]];
    t.equal(our.length, 1, 'one filter');
    t.equal(their.length, 1);

    const samples = argumentSamples(our[0]!, their[0]!);
    let asked = 0;
    const differing: string[] = [];
    const compare = (call: Call): void => {
      asked += 1;
      const [a, b] = [answer(our[0]!, call), answer(their[0]!, call)];
      if (a !== b) differing.push(`${call.architecture.toString(16)} ${call.number} [${call.args}]: ${a} ${b}`);
    };
    for (const architecture of Object.values(architectures))
      for (const number of numbers.flatMap((each) => [each, each | x32]))
        for (const args of samples) compare({ architecture, number, args });
    t.comment(`${our[0]!.length / 8} instructions, runc's ${their[0]!.length / 8}; ${asked} calls asked`);
    t.same(differing.slice(0, 10), [], 'every call has the same answer');
  });

/** Arguments around every constant that a filter compares with, in each place. */
function argumentSamples(...filters: readonly Filter[]): bigint[][] {
  const constants = new Set<number>([0, 1, 0xffffffff]);
  for (const filter of filters)
    for (let at = 0; at < filter.length; at += 8) {
      const [code, constant] = [filter.readUInt16LE(at), filter.readUInt32LE(at + 4)];
      // What is compared with after an argument was masked, and the masks themselves.
      if (code === 0x54 || code === 0x45) constants.add(constant);
      if (code === 0x15 && (constant > 1200 || constant === 8 || constant === 40)) constants.add(constant);
    }
  const values = [...constants]
    .filter((constant) => !Object.values(architectures).includes(constant))
    .flatMap((constant) => [constant - 1, constant, constant + 1].map((value) => BigInt(value >>> 0)));
  const distinct = [...new Set(values)];
  const all = distinct.map((value) => Array<bigint>(6).fill(value));
  return [...all, [0n, 0n, 0n, 0n, 0n, 0n], Array<bigint>(6).fill(1n << 40n)];
}
