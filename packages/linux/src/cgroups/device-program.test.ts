import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import t from 'tap';
import { deviceProgram } from './device-program.ts';
import type { DeviceRule } from './resources.ts';
import { CgroupV2 } from './v2.ts';

t.test('the last rule for everything ends the program', async (t) => {
  const instruction = 8;
  const prologue = 6 * instruction;
  t.equal(deviceProgram([]).length, prologue + 2 * instruction, 'without rules all is allowed');
  t.equal(
    deviceProgram([{ allow: true, type: 'c', major: 1, minor: 3 }, { allow: false }]).length,
    prologue + 2 * instruction,
  );
});

const unified = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((path) => existsSync(`${path}/cgroup.controllers`));
const skip = process.getuid?.() !== 0 ? 'needs root' : unified === undefined && 'needs the unified hierarchy';

t.test('the kernel asks the program', { skip }, async (t) => {
  const path = `${unified}/drydock-test-${process.pid}`;
  mkdirSync(path);
  t.teardown(() => rmdirSync(path));
  const cgroup = new CgroupV2(path, unified);
  const rules: DeviceRule[] = [
    { allow: false },
    { allow: true, type: 'c', access: 'm' },
    { allow: true, type: 'c', major: 1, minor: 3 },
    { allow: true, type: 'c', major: 1, minor: 5, access: 'r' },
    { allow: true, type: 'c', major: 1, minor: 9 },
    { allow: false, type: 'c', major: 1, minor: 9, access: 'w' },
  ];
  cgroup.allowDevices(rules);
  const can = (command: string) =>
    execFileSync('/bin/sh', ['-c', `echo $$ > ${path}/cgroup.procs; (${command}) 2>/dev/null && echo yes || echo no`], {
      encoding: 'utf8',
    }).trim();
  t.equal(can('echo x > /dev/null'), 'yes');
  t.equal(can('head -c1 /dev/zero'), 'yes'.replace('yes', '\0yes'), 'reading is allowed');
  t.equal(can('echo x > /dev/zero'), 'no', 'writing is not');
  t.equal(can('echo x > /dev/urandom'), 'no', 'a later rule takes away');
  t.equal(can('exec 3< /dev/full'), 'no', 'no rule, no access');
  t.equal(readFileSync(`${path}/cgroup.procs`, 'utf8'), '');
});
