import t from 'tap';
import { chainId, Digester, digestOf, isDigest, parseDigest } from './digest.ts';

const empty = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

t.equal(digestOf(''), empty);
t.same(parseDigest(empty), { algorithm: 'sha256', encoded: empty.slice(7) });
t.ok(isDigest(empty));
for (const bad of ['', 'sha256:', 'sha256:abc', empty.toUpperCase(), `md5:${'0'.repeat(32)}`, `${empty}0`])
  t.notOk(isDigest(bad), bad);

const digester = new Digester();
t.equal(digester.digest(), empty);
digester.update(Buffer.from('hel'));
digester.digest();
digester.update(Buffer.from('lo'));
t.equal(digester.digest(), digestOf('hello'));
t.equal(digester.size, 5);

t.equal(chainId([]), '');
t.equal(chainId(['sha256:a']), 'sha256:a');
t.equal(chainId(['sha256:a', 'sha256:b', 'sha256:c']), digestOf(`${digestOf('sha256:a sha256:b')} sha256:c`));
