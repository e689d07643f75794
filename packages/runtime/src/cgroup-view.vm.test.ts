/** What a container sees of cgroup v2 without a cgroup namespace of its own. */
import { chmodSync, existsSync } from 'node:fs';
import t from 'tap';
import { Sandbox, unable } from './testing/sandbox.ts';

const notUnified = !existsSync('/sys/fs/cgroup/cgroup.controllers') && 'needs cgroup v2 alone';

t.test('/sys/fs/cgroup', { skip: unable || notUnified }, async (t) => {
  const sandbox = new Sandbox();
  // The root of a user namespace is somebody else on the host.
  chmodSync(sandbox.directory, 0o755);
  t.teardown(() => sandbox.remove());
  const script = 'ls /sys/fs/cgroup/cgroup.procs; cat /proc/self/cgroup; touch /sys/fs/cgroup/x || echo refused';
  for (const user of [false, true]) {
    const id = sandbox.id();
    const bundle = sandbox.script(script, (spec) => {
      if (!user) return;
      spec.linux.namespaces!.push({ type: 'user' });
      spec.linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
      spec.linux.gidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
    });
    const { code, stdout, stderr } = sandbox.run(['run', '-b', bundle, id]);
    t.equal(code, 0, stderr);
    t.match(
      stdout,
      new RegExp(`^/sys/fs/cgroup/cgroup.procs\n0::/.*${id}\nrefused\n$`),
      user ? 'in a user namespace' : '',
    );
  }
  t.same(sandbox.leftovers(), []);
});
