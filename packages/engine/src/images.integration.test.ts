/** Images through the stock docker CLI: archives good and bad, names, and a registry with and without a password. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf } from '@drydock/oci/digest';
import t from 'tap';
import { busyboxArchive, imageArchive, missingPeers, startEngine, type TestEngine, tar } from './test-engine.ts';

const skip = missingPeers();

t.test('archives', { skip: skip ?? false, timeout: 120_000 }, async (t) => {
  const engine = await startEngine();
  t.teardown(() => engine.stop());
  const archive = await busyboxArchive(engine.directory);

  await t.test('an image comes back as it went', async (t) => {
    await engine.docker('load', '-q', '-i', archive);
    const id = (await engine.docker('images', '-q', '--no-trunc')).stdout;
    const saved = join(engine.directory, 'saved.tar');
    t.equal((await engine.docker('save', '-o', saved, 'busybox')).code, 0);
    await engine.docker('rmi', 'busybox');
    t.equal((await engine.docker('images', '-q')).stdout, '');
    t.equal((await engine.docker('load', '-q', '-i', saved)).stdout, 'Loaded image: busybox:latest\n');
    t.equal((await engine.docker('images', '-q', '--no-trunc')).stdout, id);
    execFileSync('gzip', [saved]);
    t.equal((await engine.docker('load', '-q', '-i', `${saved}.gz`)).code, 0);
  });

  await t.test('names', async (t) => {
    t.equal((await engine.docker('tag', 'busybox', 'other/name:1')).code, 0);
    t.equal((await engine.docker('rmi', 'other/name:1')).stdout, 'Untagged: other/name:1\n');
    await engine.docker('create', '--network', 'none', '--name', 'user', 'busybox');
    t.match(
      (await engine.docker('rmi', 'busybox')).stderr,
      /unable to remove repository reference "busybox" \(must force\) - container [0-9a-f]{12} is using/,
    );
    t.match((await engine.docker('rmi', '-f', 'busybox')).stdout, /^Untagged: busybox:latest\n$/);
    t.match((await engine.docker('images', '--format', '{{.Repository}}')).stdout, /^<none>\n$/);
    t.match((await engine.docker('ps', '-a', '--format', '{{.Image}}')).stdout, /^[0-9a-f]{12}\n$/);
    await engine.docker('rm', 'user');
    t.match((await engine.docker('image', 'prune', '-f')).stdout, /deleted: sha256:/);
  });

  const layer = await tar([['file', Buffer.from('x')]]);
  for (const [name, bytes, message] of [
    ['no tar', Buffer.alloc(2000, 'x'), /invalid tar header/],
    ['an empty archive', Buffer.alloc(1024), /holds no image/],
    ['a wrong diff id', await imageArchive({ name: 'bad:1', layers: [layer], diffIds: [digestOf('y')] }), /invalid diffID for layer/],
    ['too few layers', await imageArchive({ name: 'bad:1', layers: [layer], diffIds: [] }), /layers length mismatch/],
    ['a layer that is no tar', await imageArchive({ name: 'bad:1', layers: [Buffer.alloc(2048, 'z')] }), /failed to register layer/],
    ['a bad name', await imageArchive({ name: 'Bad', layers: [layer] }), /repository name must be lowercase/],
    ['a manifest of the wrong shape', await tar([['manifest.json', Buffer.from('{}')]]), /manifest\.json/],
    ['a blob with another digest', await layout({ corrupt: true }), /does not match its digest/],
  ] as const) // biome-ignore format: a table
    await t.test(name, async (t) => {
      const path = join(engine.directory, 'bad.tar');
      writeFileSync(path, bytes);
      const { code, stdout, stderr } = await engine.docker('load', '-q', '-i', path);
      t.equal(code, 1);
      t.match(`${stdout}${stderr}`, message);
      t.equal((await engine.docker('images', '-aq')).stdout, '', 'no image is left');
      t.equal((await engine.shell(`ctr -a ${engine.containerd} -n moby leases ls -q`)).stdout, '', 'no lease is left');
    });

  await t.test('an OCI layout keeps its manifest', async (t) => {
    const path = join(engine.directory, 'oci.tar');
    writeFileSync(path, await layout({ corrupt: false }));
    t.equal((await engine.docker('load', '-q', '-i', path)).stdout, 'Loaded image: layout:1\n');
  });

  await t.test('a layer cannot leave its root', async (t) => {
    const evil = await tar([
      ['link', Buffer.alloc(0), { type: 'symlink', linkname: engine.directory }],
      ['link/escaped', Buffer.from('x')],
      ['../../../../../../tmp/drydock-escaped', Buffer.from('x')],
    ]);
    const path = join(engine.directory, 'evil.tar');
    writeFileSync(path, await imageArchive({ name: 'evil:1', layers: [evil] }));
    await engine.docker('load', '-q', '-i', path);
    t.equal((await engine.shell(`ls ${engine.directory} /tmp | grep -c escaped`)).stdout, '0\n');
  });
});

t.test(
  'registries',
  { skip: missingPeers('docker-registry', 'htpasswd', 'skopeo') ?? false, timeout: 120_000 },
  async (t) => {
    const engine = await startEngine();
    t.teardown(() => engine.stop());
    await engine.docker('load', '-q', '-i', await busyboxArchive(engine.directory));
    const [open, closed] = [await startRegistry(engine, undefined), await startRegistry(engine, 'secret')];
    t.teardown(() => [open, closed].map(({ child }) => child.kill()));

    await t.test('there and back', async (t) => {
      const name = `${open.host}/a/b:1`;
      await engine.docker('tag', 'busybox', name);
      const pushed = await engine.docker('push', name);
      t.equal(pushed.code, 0, pushed.stderr);
      const digest = /digest: (sha256:[0-9a-f]{64})/.exec(pushed.stdout)?.[1] ?? '';
      t.match((await engine.docker('push', name)).stdout, new RegExp(`Layer already exists\n1: digest: ${digest}`));
      const seen = execFileSync('skopeo', ['inspect', '--tls-verify=false', `docker://${name}`], { encoding: 'utf8' });
      t.equal(JSON.parse(seen).Digest, digest);
      await engine.docker('rmi', '-f', 'busybox', name);
      const pulled = await engine.docker('pull', name);
      t.match(
        pulled.stdout,
        new RegExp(`Pull complete\nDigest: ${digest}\nStatus: Downloaded newer image for ${name}`),
      );
      t.match((await engine.docker('pull', name)).stdout, /Image is up to date/);
      t.equal((await engine.docker('run', '--rm', '--network', 'none', name, 'echo', 'works')).stdout, 'works\n');
      t.equal((await engine.docker('pull', '-q', `${open.host}/a/b@${digest}`)).code, 0);
    });

    await t.test('what is not there', async (t) => {
      t.match(await engine.docker('pull', `${open.host}/a/b:none`), {
        code: 1,
        stderr: /manifest for .*a\/b:none not found: manifest unknown/,
      });
      t.match(await engine.docker('pull', '127.0.0.1:1/x'), { code: 1, stderr: /connection refused/ });
      t.match(await engine.docker('push', `${open.host}/a/none`), {
        code: 1,
        stderr: /An image does not exist locally with the tag/,
      });
    });

    await t.test('with a password', async (t) => {
      const name = `${closed.host}/p/q:1`;
      await engine.docker('tag', `${open.host}/a/b:1`, name);
      t.match(await engine.docker('push', name), { code: 1, stderr: /no basic auth credentials/ });
      const login = (password: string) =>
        engine.shell(
          `echo ${password} | docker --config ${engine.directory}/cli login -u u --password-stdin ${closed.host}`,
        );
      t.match(await login('wrong'), { code: 1, stderr: /401 Unauthorized/ });
      t.match(await login('secret'), { code: 0, stdout: /Login Succeeded/ });
      t.equal((await engine.docker('--config', `${engine.directory}/cli`, 'push', name)).code, 0);
      t.match(await engine.docker('pull', name), { code: 1, stderr: /no basic auth credentials/ });
      t.equal((await engine.docker('--config', `${engine.directory}/cli`, 'pull', name)).code, 0);
    });
  },
);

/** An OCI layout with one image, layout:1; with `corrupt`, its layer has other bytes than its name says. */
async function layout({ corrupt }: { readonly corrupt: boolean }): Promise<Buffer> {
  const layer = await tar([['of-layout', Buffer.from('l')]]);
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    }),
  );
  const blob = (mediaType: string, data: Buffer) => ({
    mediaType: `application/vnd.oci.image.${mediaType}`,
    digest: digestOf(data),
    size: data.length,
  });
  const manifest = Buffer.from(
    JSON.stringify({ schemaVersion: 2, config: blob('config.v1+json', config), layers: [blob('layer.v1.tar', layer)] }),
  );
  const index = {
    schemaVersion: 2,
    manifests: [
      {
        ...blob('manifest.v1+json', manifest),
        annotations: { 'io.containerd.image.name': 'docker.io/library/layout:1' },
      },
    ],
  };
  const path = (data: Buffer): string => `blobs/${digestOf(data).replace(':', '/')}`;
  const stored = corrupt ? Buffer.from(layer).fill('q', 512, 513) : layer;
  return tar([
    ['oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')],
    ['index.json', Buffer.from(JSON.stringify(index))],
    [path(config), config],
    [path(manifest), manifest],
    [path(layer), stored],
  ]);
}

async function startRegistry(
  engine: TestEngine,
  password: string | undefined,
): Promise<{ host: string; child: ChildProcess }> {
  const host = `127.0.0.1:${await freePort()}`;
  const directory = join(engine.directory, `registry-${host.split(':')[1]}`);
  mkdirSync(directory);
  const users = join(directory, 'htpasswd');
  if (password !== undefined) execFileSync('htpasswd', ['-Bbc', users, 'u', password], { stdio: 'ignore' });
  const auth = password === undefined ? '' : `auth: {htpasswd: {realm: test, path: ${users}}}\n`;
  const config = join(directory, 'config.yml');
  writeFileSync(
    config,
    `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${directory}/data}}\nhttp: {addr: "${host}"}\n${auth}`,
  );
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined);
    if (answer !== undefined) break;
    await sleep(50);
  }
  return { host, child };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
