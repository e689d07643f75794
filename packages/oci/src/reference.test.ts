import t from 'tap';
import { familiarName, familiarRepository, fullName, parseReference, withDefaultTag } from './reference.ts';

t.test('short names are completed and shown short again', async (t) => {
  for (const [short, full] of [
    ['busybox', 'docker.io/library/busybox'],
    ['busybox:1.36', 'docker.io/library/busybox:1.36'],
    ['user/app', 'docker.io/user/app'],
    ['localhost/app:v1', 'localhost/app:v1'],
    ['127.0.0.1:5000/a/b:c', '127.0.0.1:5000/a/b:c'],
    ['[::1]:5000/a', '[::1]:5000/a'],
    [`app@sha256:${'0'.repeat(64)}`, `docker.io/library/app@sha256:${'0'.repeat(64)}`],
  ] as const) {
    const reference = parseReference(short);
    t.equal(fullName(reference), full);
    t.equal(familiarName(reference), short);
  }
  t.equal(familiarName(parseReference('index.docker.io/library/busybox')), 'busybox');
  t.equal(familiarRepository(parseReference('docker.io/library/a/b')), 'library/a/b');
  t.equal(fullName(withDefaultTag(parseReference('busybox'))), 'docker.io/library/busybox:latest');
});

t.test('what is no reference is refused in Docker’s words', async (t) => {
  for (const [text, message] of [
    ['', 'invalid reference format'],
    ['Bad', 'invalid reference format: repository name must be lowercase'],
    ['a:b:c', 'invalid reference format'],
    ['a//b', 'invalid reference format'],
    ['a@sha256:12', 'invalid reference format'],
    ['a:-x', 'invalid reference format'],
    ['f'.repeat(64), `invalid repository name (${'f'.repeat(64)}), cannot specify 64-byte hexadecimal strings`],
  ] as const)
    t.throws(() => parseReference(text), { message });
});
