import { chownSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { temporaryDirectory } from '../test-fixtures.ts';
import { OverlayBackend } from './overlay-backend.ts';

t.test("mounts have containerd's shapes", (t) => {
  const root = temporaryDirectory(t);
  const backend = new OverlayBackend(root, true);
  const fs = (id: number) => join(root, 'snapshots', String(id), 'fs');
  const shape = (id: number, writable: boolean, ...parents: number[]) => {
    const place = { id, writable, parents };
    backend.make(place);
    return backend.mounts(place).map(({ type, source, options }) => [type, source, ...options]);
  };
  t.same(shape(1, true), [['bind', fs(1), 'rw', 'rbind']]);
  t.same(shape(2, false), [['bind', fs(2), 'ro', 'rbind']]);
  t.same(shape(3, false, 1), [['bind', fs(1), 'ro', 'rbind']]);
  t.same(shape(4, false, 2, 1), [['overlay', 'overlay', 'index=off', `lowerdir=${fs(2)}:${fs(1)}`]]);
  t.same(shape(5, true, 2, 1), [
    [
      'overlay',
      'overlay',
      'index=off',
      `workdir=${join(root, 'snapshots/5/work')}`,
      `upperdir=${fs(5)}`,
      `lowerdir=${fs(2)}:${fs(1)}`,
    ],
  ]);
  t.equal(statSync(fs(5)).mode & 0o777, 0o755);
  t.end();
});

t.test('a snapshot belongs to whom its parent belongs', (t) => {
  const root = temporaryDirectory(t);
  const backend = new OverlayBackend(root);
  backend.make({ id: 1, writable: true, parents: [] });
  chownSync(join(root, 'snapshots/1/fs'), 1000, 1001);
  backend.make({ id: 2, writable: true, parents: [1] });
  t.match(statSync(join(root, 'snapshots/2/fs')), { uid: 1000, gid: 1001 });
  t.end();
});
