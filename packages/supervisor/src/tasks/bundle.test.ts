import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mount } from '@drydock/linux/mount';
import { mountPointsBelow } from '@drydock/linux/mountinfo';
import t, { type Test } from 'tap';
import { fault } from '../test-faults.ts';
import { temporaryDirectory } from '../test-fixtures.ts';
import { Bundle } from './bundle.ts';

function open(test: Test) {
  const base = temporaryDirectory(test);
  const directories = { state: join(base, 'state'), work: join(base, 'work') };
  return { ...directories, bundle: new Bundle('ns', 'id', directories) };
}

t.test('a bundle comes and goes', (t) => {
  const { bundle, state, work } = open(t);
  bundle.create(Buffer.from('{}'));
  t.equal(bundle.path, join(state, 'ns/id'));
  t.equal(statSync(bundle.path).mode & 0o777, 0o700);
  t.equal(readFileSync(join(bundle.path, 'config.json'), 'utf8'), '{}');
  t.equal(readlinkSync(join(bundle.path, 'work')), join(work, 'ns/id'));
  t.equal(bundle.read('address'), undefined);
  bundle.write('address', 'unix:///x');
  t.equal(bundle.read('address'), 'unix:///x');
  t.throws(() => bundle.create(Buffer.from('{}')), fault({ code: 'EEXIST' }));
  t.ok(existsSync(join(bundle.path, 'config.json')), 'a second create touches nothing');
  bundle.remove();
  t.same(readdirSync(join(state, 'ns')), []);
  t.same(readdirSync(join(work, 'ns')), []);
  bundle.remove();
  t.end();
});

t.test('a root that is mounted is unmounted, not emptied', (t) => {
  const { bundle, state } = open(t);
  bundle.create(Buffer.from('{}'));
  const source = temporaryDirectory(t);
  mount({ type: 'bind', source, options: ['rbind', 'rw'] }, bundle.rootfs);
  t.notOk(bundle.releaseRootfs());
  bundle.remove();
  t.ok(existsSync(source));
  t.same(mountPointsBelow(state), []);
  t.end();
});

t.test('the root of a user namespace may walk through', (t) => {
  const { bundle } = open(t);
  bundle.create(Buffer.from(JSON.stringify({ linux: { gidMappings: [{ containerID: 0, hostID: 1234, size: 1 }] } })));
  t.match(lstatSync(bundle.path), { gid: 1234 });
  t.equal(lstatSync(bundle.path).mode & 0o777, 0o710);
  t.end();
});
