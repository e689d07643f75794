import t from 'tap';
import { attributeFlags, isReadOnly, knownMountOptions, parseMountOptions } from './mount-options.ts';

const texts = (options: readonly string[], type = 'tmpfs') => {
  const { attributes, recursiveAttributes, ...rest } = parseMountOptions(options, type);
  const { set, clear } = attributeFlags(attributes);
  return { set: set.text, clear: clear.text, recursive: attributeFlags(recursiveAttributes).set.text, rest };
};

t.test('options are attributes, propagation, flags of the filesystem, or data', async (t) => {
  const { set, clear, rest } = texts([
    'nosuid',
    'nodev',
    'sync',
    'size=1m',
    'rslave',
    'private',
    'defaults',
    'huge=always',
  ]);
  t.equal(set, 'MOUNT_ATTR_NOSUID|MOUNT_ATTR_NODEV');
  t.equal(clear, '0');
  t.match(rest, { filesystemFlags: ['sync'], data: ['size=1m', 'huge=always'], bind: false });
  t.same(
    rest.propagation.map(({ flag, recursive }) => [flag.text, recursive]),
    [
      ['MS_SLAVE', true],
      ['MS_PRIVATE', false],
    ],
  );
});

t.test('the later option wins', async (t) => {
  t.equal(isReadOnly(parseMountOptions(['ro', 'rw'], 'tmpfs').attributes), false);
  t.equal(isReadOnly(parseMountOptions(['rw', 'ro'], 'tmpfs').attributes), true);
  t.match(texts(['noatime', 'strictatime']), { set: 'MOUNT_ATTR_STRICTATIME', clear: 'MOUNT_ATTR__ATIME' });
  t.match(texts(['noatime', 'relatime']), { set: '0', clear: 'MOUNT_ATTR__ATIME' });
  t.match(texts(['suid', 'nosuid']), { set: 'MOUNT_ATTR_NOSUID', clear: '0' });
});

t.test('binds', async (t) => {
  t.match(parseMountOptions(['rbind'], 'none'), { bind: true, recursive: true });
  t.match(parseMountOptions(['bind'], ''), { bind: true, recursive: false });
  t.match(parseMountOptions([], 'bind'), { bind: true, recursive: false });
  t.equal(texts(['rbind', 'rro', 'rnosuid']).recursive, 'MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOSUID');
});

t.test('features lists what is known', async (t) => {
  for (const option of ['ro', 'rro', 'bind', 'rbind', 'rslave', 'sync', 'nosymfollow', 'rstrictatime'])
    t.ok(knownMountOptions.includes(option), option);
});
