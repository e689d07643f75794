import t from 'tap';
import { readUrl } from './edge.ts';

const route = (url: string) => {
  const edge = readUrl(url);
  return edge.kind === 'route' ? edge.url : edge;
};

t.test('version prefixes', async (t) => {
  t.same(readUrl('/v1.41/info'), { kind: 'route', version: '1.41', url: '/info' });
  t.same(readUrl('/info'), { kind: 'route', version: '1.50', url: '/info' });
  t.same(readUrl('/v1.99/info'), { kind: 'too new', version: '1.99' });
  t.same(readUrl('/v1.11/info'), { kind: 'too old', version: '1.11' });
});

t.test('names with slashes become one part', async (t) => {
  t.equal(route('/images/127.0.0.1:5055/a/b/push?tag=v1'), '/images/127.0.0.1%3A5055%2Fa%2Fb/push?tag=v1');
  t.equal(route('/v1.50/images/user%2Fapp/json'), '/images/user%2Fapp/json');
  t.equal(route('/containers/foo/mylink?link=1'), '/containers/foo%2Fmylink?link=1');
  t.equal(route('/containers/json?all=1'), '/containers/json?all=1');
  t.equal(route('/containers/json/json'), '/containers/json/json');
});

t.test('paths that are not clean are redirected', async (t) => {
  t.same(readUrl('/v1.41/containers//x/json?a=b'), { kind: 'redirect', location: '/v1.41/containers/x/json?a=b' });
  t.same(readUrl('/a/../info'), { kind: 'redirect', location: '/info' });
});
