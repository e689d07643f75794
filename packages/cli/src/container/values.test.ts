/** Values as docker reads them, and what is refused with the flag's name. */
import t from 'tap';
import { parseBytes, parseMount, parsePorts, parseRestart, parseUlimit } from './values.ts';

t.test('values', async (t) => {
  t.equal(parseBytes('512m', 'memory'), 536870912);
  t.equal(parseBytes('64KiB', 'memory'), 65536);
  t.equal(parseBytes('100', 'memory'), 100);
  t.same(parsePorts(['8080:80', '127.0.0.1::53/udp', '90']), {
    '80/tcp': [{ HostIp: '', HostPort: '8080' }],
    '53/udp': [{ HostIp: '127.0.0.1', HostPort: '' }],
    '90/tcp': [{ HostIp: '', HostPort: '' }],
  });
  t.same(parseRestart('on-failure:3'), { Name: 'on-failure', MaximumRetryCount: 3 });
  t.same(parseUlimit('nofile=10:20'), { Name: 'nofile', Soft: 10, Hard: 20 });
  t.match(parseMount('type=bind,src=/a,dst=/b,ro'), { Type: 'bind', Source: '/a', Target: '/b', ReadOnly: true });
});

t.test('refused', async (t) => {
  t.throws(() => parseBytes('lots', 'memory'), /invalid argument "lots" for "--memory" flag: invalid size: 'lots'/);
  t.throws(() => parsePorts(['x']), /invalid containerPort: x/);
  t.throws(() => parseUlimit('nofile'), /invalid ulimit argument/);
  t.throws(() => parseMount('type=bind,frob=1,dst=/b'), /unexpected key 'frob'/);
  t.throws(() => parseMount('type=bind'), /target is required/);
});
