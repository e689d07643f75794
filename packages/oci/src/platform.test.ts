import t from 'tap';
import { choosePlatform, formatPlatform, parsePlatform, platformMatches } from './platform.ts';

t.test('platforms are parsed in all their spellings', async (t) => {
  t.same(parsePlatform('linux/x86_64'), { os: 'linux', architecture: 'amd64' });
  t.same(parsePlatform('linux/arm/v6'), { os: 'linux', architecture: 'arm', variant: 'v6' });
  t.same(parsePlatform('aarch64'), { os: 'linux', architecture: 'arm64', variant: 'v8' });
  t.equal(parsePlatform('linux/amd64/v1/x'), undefined);
  t.equal(parsePlatform('lin ux'), undefined);
  t.equal(formatPlatform({ os: 'linux', architecture: 'arm', variant: 'v7' }), 'linux/arm/v7');
});

t.test('an index is searched for a platform', async (t) => {
  const of = (architecture: string, os = 'linux') => ({
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: `sha256:${'0'.repeat(64)}`,
    size: 1,
    platform: { os, architecture },
  });
  const manifests = [of('unknown', 'unknown'), of('arm64'), of('amd64')];
  t.equal(choosePlatform(manifests, { os: 'linux', architecture: 'amd64' }), manifests[2]);
  t.equal(choosePlatform(manifests, { os: 'linux', architecture: 'arm64', variant: 'v8' }), manifests[1]);
  t.equal(choosePlatform(manifests, { os: 'linux', architecture: 's390x' }), undefined);
  t.notOk(
    platformMatches(
      { os: 'linux', architecture: 'arm', variant: 'v7' },
      { os: 'linux', architecture: 'arm', variant: 'v6' },
    ),
  );
});
