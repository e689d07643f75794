/** The Engine API's manners, seen over HTTP on a running engine. */
import t from 'tap';
import { missingPeers, startEngine } from './test-engine.ts';

const skip = missingPeers();
const json = { 'content-type': 'application/json' };

t.test('the API', { skip: skip ?? false }, async (t) => {
  const engine = await startEngine();
  t.teardown(() => engine.stop());

  await t.test('ping', async (t) => {
    const { status, headers, body } = await engine.http('GET', '/_ping');
    t.equal(status, 200);
    t.equal(body, 'OK');
    t.match(headers, { 'api-version': '1.50', ostype: 'linux', 'docker-experimental': 'false', pragma: 'no-cache' });
    t.equal((await engine.http('HEAD', '/v1.41/_ping')).headers['content-length'], '0');
  });

  await t.test('versions', async (t) => {
    for (const path of ['/info', '/v1.24/info', '/v1.50/info'])
      t.equal((await engine.http('GET', path)).status, 200, path);
    t.match(await engine.http('GET', '/v1.99/info'), {
      status: 400,
      body: /client version 1\.99 is too new\. Maximum supported API version is 1\.50/,
    });
    t.match(await engine.http('GET', '/v1.11/info'), { status: 400, body: /client version 1\.11 is too old/ });
    t.match(JSON.parse((await engine.http('GET', '/version')).body), {
      ApiVersion: '1.50',
      MinAPIVersion: '1.24',
      Os: 'linux',
    });
  });

  for (const [name, method, path, body, headers, status, answer] of [
    ['an unknown path', 'GET', '/nosuch', undefined, {}, 404, '{"message":"page not found"}\n'],
    ['a wrong method', 'POST', '/info', undefined, {}, 404, '{"message":"page not found"}\n'],
    ['a slash at the end', 'GET', '/info/', undefined, {}, 404, '{"message":"page not found"}\n'],
    ['an unclean path', 'GET', '/v1.41/containers//x/json', undefined, {}, 301, ''],
    ['OPTIONS', 'OPTIONS', '/info', undefined, {}, 200, ''],
    ['an unknown container', 'GET', '/containers/nosuch/json', undefined, {}, 404, '{"message":"No such container: nosuch"}\n'],
    ['an unknown exec', 'GET', '/exec/nosuch/json', undefined, {}, 404, '{"message":"No such exec instance: nosuch"}\n'],
    ['an unknown image', 'GET', '/images/nosuch/json', undefined, {}, 404, '{"message":"no such image: nosuch: No such image: nosuch:latest"}\n'],
    ['an unknown volume', 'GET', '/volumes/nosuch', undefined, {}, 404, '{"message":"get nosuch: no such volume"}\n'],
    ['an unknown network', 'GET', '/networks/nosuch', undefined, {}, 404, '{"message":"network nosuch not found"}\n'],
    ['malformed JSON', 'POST', '/containers/create', '{bad', json, 500, '{"message":"invalid character \'b\' looking for beginning of object key string"}\n'],
    ['no body', 'POST', '/containers/create', '', json, 500, '{"message":"EOF"}\n'],
    ['a wrong content type', 'POST', '/containers/create', '{}', { 'content-type': 'text/plain' }, 400, '{"message":"Content-Type specified (text/plain) must be \'application/json\'"}\n'],
    ['an empty body', 'POST', '/containers/create', '{}', json, 400, '{"message":"Config cannot be empty in order to create a container"}\n'],
    ['a wrong field', 'POST', '/containers/create', '{"Image":"x","HostConfig":{"Memory":"much"}}', json, 500, '{"message":"json: cannot unmarshal string into Go struct field HostConfig.HostConfig.Memory of type int64"}\n'],
    ['too little memory', 'POST', '/containers/create', '{"Image":"x","HostConfig":{"Memory":1000}}', json, 400, '{"message":"Minimum memory limit allowed is 6MB"}\n'],
    ['an unknown filter', 'GET', '/containers/json?filters=%7B%22bogus%22:%5B%22x%22%5D%7D', undefined, {}, 400, '{"message":"Invalid filter \'bogus\'"}\n'],
    ['a predefined network', 'DELETE', '/networks/host', undefined, {}, 403, '{"message":"host is a pre-defined network and cannot be removed"}\n'],
    ['a session', 'POST', '/session', undefined, {}, 400, '{"message":"no upgrade proto in request"}\n'],
    ['what is not built yet', 'POST', '/commit?container=x', undefined, {}, 501, /"message":"committing a container is not supported by this engine yet"/],
    ['swarm', 'GET', '/nodes', undefined, {}, 503, /This node is not a swarm manager/],
  ] as const) // biome-ignore format: a table
    await t.test(name, async (t) => t.match(await engine.http(method, path, body, headers), { status, body: answer }));

  await t.test('events that are over end the stream', async (t) => {
    t.match(await engine.http('GET', '/events?since=1&until=2'), { status: 200, body: '' });
  });

  await t.test('jobs are listed', async (t) => {
    await engine.http('POST', '/volumes/create', '{"Name":"jobs"}', json);
    const jobs = JSON.parse((await engine.http('GET', '/debug/jobs')).body);
    t.match(jobs[0], { name: 'volume_create', status: 'done', durationMs: Number, trace: /^00-[0-9a-f]{32}-/ });
  });
});
