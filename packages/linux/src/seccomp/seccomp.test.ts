import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { cachedSeccomp } from './cache.ts';
import { compileSeccomp } from './compile.ts';
import { libSeccomp } from './libseccomp.ts';
import { actionNumber, checkProfile, filterFlags, type SeccompProfile } from './profile.ts';
import { unknownCallsPrefix } from './unknown-calls.ts';

const profile: SeccompProfile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  architectures:
    process.arch === 'arm64' ? ['SCMP_ARCH_AARCH64'] : ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  syscalls: [
    { names: ['read', 'write', 'exit_group', 'nosuchcall'], action: 'SCMP_ACT_ALLOW' },
    { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 40, op: 'SCMP_CMP_NE' }] },
  ],
};

t.test('words become numbers, and unknown ones are refused', async (t) => {
  t.equal(actionNumber('SCMP_ACT_ERRNO', undefined), 0x50001);
  t.equal(actionNumber('SCMP_ACT_ERRNO', 38), 0x50026);
  t.equal(actionNumber('SCMP_ACT_KILL_PROCESS', undefined), 0x80000000);
  t.equal(filterFlags({ flags: ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'] }), 6);
  t.throws(() => checkProfile({ defaultAction: 'SCMP_ACT_FOO' }), /string SCMP_ACT_FOO is not a valid action/);
  t.throws(() => checkProfile({ ...profile, architectures: ['SCMP_ARCH_FOO'] }), /not a valid arch/);
  t.throws(() => checkProfile({ ...profile, flags: ['FOO'] }), /flag "FOO" is not supported/);
  t.throws(
    () =>
      checkProfile({ ...profile, syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', args: [{ op: 'FOO' }] }] }),
    /string FOO is not a valid operator/,
  );
});

t.test('a filter, and what it answers', async (t) => {
  const filter = compileSeccomp(profile);
  const [read, socket, mount, beyond] = process.arch === 'arm64' ? [63, 198, 40, 9999] : [0, 41, 165, 9999];
  const [allow, eperm, enosys] = [0x7fff0000, 0x50001, 0x50026];
  t.equal(answer(filter, read), allow);
  t.equal(answer(filter, mount), eperm);
  t.equal(answer(filter, socket, 1), allow);
  t.equal(answer(filter, socket, 40), eperm);
  t.equal(answer(filter, beyond), enosys, 'a call newer than the profile');
  const permissive = { ...profile, defaultAction: 'SCMP_ACT_ALLOW', syscalls: [] };
  t.equal(unknownCallsPrefix(libSeccomp(), permissive).length, 0);
  t.equal(answer(compileSeccomp(permissive), beyond), allow);
});

t.test('a compiled filter is kept, and used for its own profile alone', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-seccomp-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const filter = cachedSeccomp(profile, directory, '6.1');
  const [file = ''] = readdirSync(directory);
  t.same(readdirSync(directory), [file], 'no temporary file stays');
  t.same(cachedSeccomp(profile, directory, '6.1'), filter);
  // As if another profile had the same hash.
  const path = join(directory, file);
  writeFileSync(path, readFileSync(path, 'latin1').replace('"6.1"', '"6.2"'), 'latin1');
  t.same(cachedSeccomp(profile, directory, '6.1'), filter);
});

/** Interprets a filter for a call on this machine (kernel documentation, networking/filter). */
function answer(filter: Uint8Array, number: number, argument = 0): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(process.arch === 'arm64' ? 0xc00000b7 : 0xc000003e, 4);
  data.writeUInt32LE(argument, 16);
  const code = Buffer.from(filter);
  let accumulator = 0;
  for (let at = 0; ; at += 8) {
    const [operation, ifTrue, ifFalse, value] = [
      code.readUInt16LE(at),
      code[at + 2]!,
      code[at + 3]!,
      code.readUInt32LE(at + 4),
    ];
    const branch = (condition: boolean) => {
      at += (condition ? ifTrue : ifFalse) * 8;
    };
    if (operation === 0x20) accumulator = data.readUInt32LE(value);
    else if (operation === 0x06) return value;
    else if (operation === 0x05) at += value * 8;
    else if (operation === 0x15) branch(accumulator === value);
    else if (operation === 0x25) branch(accumulator > value);
    else if (operation === 0x35) branch(accumulator >= value);
    else if (operation === 0x45) branch((accumulator & value) !== 0);
    else if (operation === 0x54) accumulator = (accumulator & value) >>> 0;
    else throw new Error(`instruction ${operation.toString(16)} at ${at / 8}`);
  }
}
