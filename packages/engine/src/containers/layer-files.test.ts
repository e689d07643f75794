import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { layersOf, readFromLayers } from './layer-files.ts';

t.test('layers of mounts', async (t) => {
  const overlay = {
    type: 'overlay',
    source: 'overlay',
    target: '',
    options: ['index=off', 'workdir=/w', 'upperdir=/u', 'lowerdir=/a:/b'],
  };
  t.same(layersOf([overlay]), ['/u', '/a', '/b']);
  t.same(layersOf([{ type: 'bind', source: '/x', target: '', options: ['rbind'] }]), ['/x']);
  t.equal(layersOf([{ type: 'btrfs', source: '/x', target: '', options: [] }]), undefined);
});

t.test('a file is read from the topmost layer that has it', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-layers-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const layers = ['upper', 'middle', 'lower'].map((name) => join(directory, name));
  for (const layer of layers) mkdirSync(join(layer, 'etc'), { recursive: true });
  const [upper, middle, lower] = layers as [string, string, string];
  writeFileSync(join(lower, 'etc/passwd'), 'lower');
  t.same(await readFromLayers(layers, '/etc/passwd'), { kind: 'text', text: 'lower' });
  writeFileSync(join(middle, 'etc/passwd'), 'middle');
  t.same(await readFromLayers(layers, '/etc/passwd'), { kind: 'text', text: 'middle' });
  t.same(await readFromLayers(layers, '/etc/group'), { kind: 'missing' });
  t.same(await readFromLayers(layers, '/etc'), { kind: 'missing' });
  symlinkSync('/elsewhere', join(upper, 'usr'));
  t.same(await readFromLayers(layers, '/usr/x'), { kind: 'unknown' }, 'a link needs the real mount');
});
