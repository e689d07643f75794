import t from 'tap';
import { capabilityNames, capabilitySets, unavailableCapabilities } from './capabilities.ts';

t.test('numbers are those of linux/capability.h', async (t) => {
  t.equal(capabilityNames.indexOf('CAP_SYS_ADMIN'), 21);
  t.equal(capabilityNames.indexOf('CAP_SYS_RESOURCE'), 24);
  t.equal(capabilityNames.indexOf('CAP_CHECKPOINT_RESTORE'), 40);
});

t.test('only what is there can be given', async (t) => {
  const wanted = { bounding: ['CAP_KILL', 'CAP_SYS_RESOURCE', 'CAP_FOO'], permitted: ['CAP_KILL'] };
  const available = ~(1n << 24n) & ((1n << 41n) - 1n);
  t.same(capabilitySets(wanted, available), {
    bounding: 32n,
    effective: 0n,
    permitted: 32n,
    inheritable: 0n,
    ambient: 0n,
  });
  t.same(unavailableCapabilities(wanted, available), ['CAP_FOO', 'CAP_SYS_RESOURCE']);
});
