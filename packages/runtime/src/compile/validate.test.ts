import type { Spec } from '@drydock/oci/runtime-spec';
import t from 'tap';
import { exampleSpec } from '../commands/spec.ts';
import { validateSpec } from './validate.ts';

const base = exampleSpec();
const linux = (changes: Spec['linux']): Spec => ({ ...base, linux: { ...base.linux, ...changes } });
const process_ = (changes: Spec['process']): Spec => ({ ...base, process: { ...base.process, ...changes } });
const without = (type: string) => base.linux!.namespaces!.filter((namespace) => namespace.type !== type);

t.test('the example is valid', async (t) => t.doesNotThrow(() => validateSpec(base)));

t.test("what makes no sense is refused in runc's words", async (t) => {
  const cases: readonly (readonly [spec: Spec, message: string])[] = [
    [{ ...base, process: undefined }, 'process property must not be empty'],
    [{ ...base, root: undefined }, 'root must be specified'],
    [process_({ cwd: '' }), 'Cwd property must not be empty'],
    [process_({ cwd: 'x' }), 'Cwd must be an absolute path'],
    [process_({ args: [] }), 'args must not be empty'],
    [process_({ rlimits: [{ type: 'RLIMIT_FOO', soft: 1, hard: 1 }] }), 'wrong rlimit value: RLIMIT_FOO'],
    [
      linux({ namespaces: [...base.linux!.namespaces!, { type: 'pid' }] }),
      'malformed spec file: duplicated ns {"pid" ""}',
    ],
    [linux({ namespaces: [{ type: 'foo' }] }), 'namespace {"foo" ""} does not exist'],
    [
      linux({ namespaces: [{ type: 'user' }] }),
      'user namespaces enabled, but no namespace path to join nor mappings to apply specified',
    ],
    [
      linux({ timeOffsets: { boottime: { secs: 1 } } }),
      "time namespace offsets specified, but time namespace isn't enabled in the config",
    ],
    [
      linux({ namespaces: [{ type: 'time' }], timeOffsets: { realtime: { secs: 1 } } }),
      'time offsets for the clock "realtime" are not supported',
    ],
    [linux({ rootfsPropagation: 'foo' }), 'rootfsPropagation=foo is not supported'],
    [linux({ devices: [{ path: '/dev/x', type: 'x' }] }), 'invalid device type "x"'],
    [
      linux({ devices: [{ path: '/dev/../etc/x', type: 'c' }] }),
      'device path "/dev/../etc/x" is not an absolute, clean path',
    ],
    [linux({ resources: { devices: [{ allow: true, type: 'q', access: 'r' }] } }), 'invalid cgroup device type "q"'],
    [linux({ seccomp: { defaultAction: 'SCMP_ACT_FOO' } }), 'string SCMP_ACT_FOO is not a valid action for seccomp'],
    [linux({ sysctl: { 'kernel.foo': '1' } }), 'sysctl "kernel.foo" is not in a separate kernel namespace'],
    [
      linux({ sysctl: { 'net.x': '1' }, namespaces: without('network') }),
      'sysctl "net.x" not allowed in host network namespace',
    ],
    [linux({ namespaces: without('uts') }), 'unable to set hostname without a private UTS namespace'],
    [linux({ namespaces: without('mount') }), 'unable to restrict sys entries without a private MNT namespace'],
  ];
  for (const [spec, message] of cases) t.throws(() => validateSpec(spec), { name: 'Failure', message });
});
