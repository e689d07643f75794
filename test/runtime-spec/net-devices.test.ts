/** Network devices of the host that a container gets (config-linux.md, "Network Devices"). */
import { spawnSync } from 'node:child_process';
import { type Case, testFeature, withUserNamespace } from './support.ts';

const unknown = { notRunc: 'runc 1.1 does not know them', notCrun: 'crun 1.8 does not know them' };
const ip = (...words: string[]) => spawnSync('ip', words, { encoding: 'utf8' });
const names = ['a', 'b'].map((letter) => `test${process.pid % 100000}${letter}`) as [string, string];
const probe = ip('link', 'add', names[0], 'type', 'veth', 'peer', 'name', names[1]);
if (probe.status === 0) ip('link', 'del', names[0]);
const skip = probe.status === 0 ? false : 'needs ip (iproute2) and virtual network devices';

/** With a pair of devices whose first end has addresses. */
const withDevices = (run: NonNullable<Case['act']>): Pick<Case, 'act' | 'notRunc' | 'notCrun' | 'skip'> => ({
  ...unknown,
  skip,
  act: async (t, bench) => {
    const [first, second] = names;
    ip('link', 'add', first, 'type', 'veth', 'peer', 'name', second);
    try {
      ip('addr', 'add', '192.0.2.1/24', 'dev', first);
      ip('-6', 'addr', 'add', '2001:db8::1/64', 'nodad', 'dev', first);
      ip('link', 'set', first, 'up');
      await run(t, bench);
    } finally {
      ip('link', 'del', second);
    }
  },
});

testFeature('network devices', [
  {
    name: 'one is moved, with its addresses, and up',
    ...withDevices((t, bench) => {
      const bundle = bench.sandbox.script(`/bin/busybox ip addr show ${names[0]}`, (spec) => {
        spec.linux.netDevices = { [names[0]]: {} };
      });
      const { code, stdout, stderr } = bench.run(bundle);
      t.equal(code, 0, stderr);
      t.match(stdout, /inet 192\.0\.2\.1\/24/);
      t.match(stdout, /inet6 2001:db8::1\/64/);
      t.match(stdout, /<[^>]*UP[^>]*>/);
    }),
  },
  {
    name: 'one gets another name, in a user namespace too',
    ...withDevices((t, bench) => {
      const bundle = bench.sandbox.script('ls /sys/class/net | sort', (spec) => {
        withUserNamespace(spec);
        spec.linux.netDevices = { [names[0]]: { name: 'eth7' } };
      });
      const { code, stdout, stderr } = bench.run(bundle);
      t.equal(code, 0, stderr);
      t.equal(stdout, 'eth7\nlo\n');
    }),
  },
  {
    name: 'refused: one that is not there',
    ...unknown,
    edit: (spec) => {
      spec.linux.netDevices = { nosuch0: {} };
    },
    code: 1,
    says: /link not found for interface nosuch0: no such device/,
  },
  {
    name: 'refused: without a network namespace',
    ...unknown,
    edit: (spec) => {
      spec.linux.namespaces = spec.linux.namespaces!.filter(({ type }) => type !== 'network');
      spec.linux.netDevices = { lo: {} };
    },
    code: 1,
    says: /unable to move network devices without a NET namespace/,
  },
  {
    name: 'refused: a name that is none',
    ...unknown,
    edit: (spec) => {
      spec.linux.netDevices = { eth0: { name: 'a/b' } };
    },
    code: 1,
    says: /invalid network device name "a\/b"/,
  },
]);
