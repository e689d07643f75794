/** AppArmor profiles of containers, as runc applies them. */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type DraftSpec, runtimeUnderTest, Sandbox, unable } from './testing/sandbox.ts';

const skip = unable || (!existsSync('/sys/kernel/security/apparmor') && 'needs a kernel with AppArmor');

/** Profiles in the shape of Docker's: everything but what is denied. */
const profiles = `
profile drydock-test flags=(attach_disconnected,mediate_deleted) {
  file, capability, network, signal, umount,
  deny /etc/secret r,
  deny mount,
}
profile drydock-other flags=(attach_disconnected,mediate_deleted) {
  file, capability, network, signal,
}
`;

t.test('AppArmor', { skip }, async (t) => {
  const sandbox = new Sandbox();
  const parser = (flag: string) => spawnSync('apparmor_parser', [flag], { input: profiles, encoding: 'utf8' });
  t.equal(parser('--replace').stderr, '');
  t.teardown(() => {
    sandbox.remove();
    parser('--remove');
  });
  writeFileSync(join(sandbox.rootfs, 'etc/secret'), 'secret');
  const places = { ours: sandbox.as(runtimeUnderTest), runc: sandbox.as(['runc'], join(sandbox.directory, 'runc')) };
  const confined =
    (profile: string) =>
    (spec: DraftSpec): void => {
      spec.process.apparmorProfile = profile;
      spec.process.capabilities!.bounding!.push('CAP_SYS_ADMIN');
      spec.process.capabilities!.effective!.push('CAP_SYS_ADMIN');
      spec.process.capabilities!.permitted!.push('CAP_SYS_ADMIN');
    };
  const script =
    'cat /proc/self/attr/current; cat /etc/secret /etc/passwd | head -c 20; mount -t tmpfs x /tmp; echo $?';

  await t.test('the command is under its profile', async (t) => {
    const [ours, runc] = Object.values(places).map((place) =>
      place.run(['run', '-b', sandbox.script(script, confined('drydock-test')), sandbox.id()]),
    );
    t.match(ours?.stdout, /^drydock-test \(enforce\)\nroot:x:0:0.*\d+\n$/s);
    t.match(ours?.stderr, /secret.*Permission denied/);
    t.match(ours?.stderr, /mount.*denied/);
    t.same([ours?.code, ours?.stdout, ours?.stderr], [runc?.code, runc?.stdout, runc?.stderr]);
  });

  await t.test('exec is under that of the container, or one of its own', async (t) => {
    const answers = Object.values(places).map((place) => {
      const id = sandbox.id();
      const bundle = sandbox.bundle((spec) => {
        spec.process.args = ['sleep', '1000'];
        confined('drydock-test')(spec);
      });
      place.run(['run', '-d', '-b', bundle, id]);
      const seen = [[], ['--apparmor', 'drydock-other']].map(
        (flags) => place.run(['exec', ...flags, id, 'cat', '/proc/self/attr/current']).stdout,
      );
      place.run(['delete', '--force', id]);
      return seen;
    });
    t.same(answers[0], ['drydock-test (enforce)\n', 'drydock-other (enforce)\n']);
    t.same(answers[0], answers[1]);
  });

  await t.test('a profile that is not there', async (t) => {
    const [ours, runc] = Object.values(places).map((place) =>
      place.run(['run', '-b', sandbox.script(script, confined('drydock-nosuch')), sandbox.id()]),
    );
    t.same([ours?.code, ours?.stdout], [runc?.code, runc?.stdout]);
    t.equal(ours?.log.at(-1)?.msg, runc?.log.at(-1)?.msg);
  });

  t.same(sandbox.leftovers(), []);
});
