/** A Debian root goes to a registry and comes back; the registry asks for a password or not. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { docker, leftovers, run, until } from '../support/run.ts';
import { busyboxArchive, makeDirectory, startOurs } from '../support/stacks.ts';

const directory = makeDirectory('reg');
const ours = await startOurs();
const registries: ChildProcess[] = [];

t.test('an image of a Debian root, there and back', async (t) => {
  const host = await startRegistry('open');
  const archive = join(directory, 'root.tar');
  const made = await run('mmdebstrap', ['--variant=minbase', '--mode=root', codename(), archive]);
  if (made.code !== 0) {
    t.pass('a Debian root', { skip: `mmdebstrap: ${made.stderr.trim().split('\n').at(-1)}` });
    return;
  }
  const image = `${host}/debian/root:1`;
  await loadRoot(archive, image);
  t.match(await docker(ours, ['push', image]), { code: 0, stdout: /1: digest: (sha256:[0-9a-f]{64}) size: \d+/ });
  t.equal((await docker(ours, ['rmi', image])).code, 0);
  t.equal((await docker(ours, ['images', '-q'])).stdout, '');
  const pulled = await docker(ours, ['pull', image]);
  t.equal(pulled.code, 0, pulled.stderr);
  const digest = /Digest: (sha256:[0-9a-f]{64})/.exec(pulled.stdout)?.[1];
  const inspected = JSON.parse((await run('skopeo', ['inspect', '--tls-verify=false', `docker://${image}`])).stdout);
  t.equal(inspected.Digest, digest, 'skopeo agrees on the digest');
  t.match(await docker(ours, ['run', '--rm', image, 'apt-get', '--version']), { code: 0, stdout: /^apt \d/ });
  t.equal((await docker(ours, ['rmi', image])).code, 0);
});

t.test('a registry with a password', async (t) => {
  const passwords = join(directory, 'htpasswd');
  writeFileSync(passwords, execFileSync('htpasswd', ['-Bbn', 'user', 'secret']));
  const host = await startRegistry('closed', `auth:\n  htpasswd:\n    realm: test\n    path: ${passwords}\n`);
  const image = `${host}/mine/busybox:1`;
  await docker(ours, ['load', '-i', busyboxArchive()]);
  await docker(ours, ['tag', 'busybox', image]);
  const env = { DOCKER_CONFIG: join(directory, 'docker') };
  mkdirSync(env.DOCKER_CONFIG);
  t.match(await docker(ours, ['push', image], { env }), { code: 1, stderr: /no basic auth credentials/ });
  const wrong = await docker(ours, ['login', '-u', 'user', '--password-stdin', host], { env, input: 'wrong' });
  t.match(wrong, { code: 1, stderr: /401 Unauthorized/ });
  t.match(await docker(ours, ['login', '-u', 'user', '--password-stdin', host], { env, input: 'secret' }), {
    code: 0,
    stdout: /Login Succeeded/,
  });
  t.equal((await docker(ours, ['push', image], { env })).code, 0);
  await docker(ours, ['rmi', image]);
  t.equal((await docker(ours, ['pull', image], { env })).code, 0);
  t.match(await docker(ours, ['pull', `${host}/mine/nosuch:1`], { env }), {
    code: 1,
    stderr: /manifest for .* not found: manifest unknown/,
  });
});

t.test('nothing is left', async (t) => {
  await ours.stop();
  for (const registry of registries) registry.kill('SIGTERM');
  t.same(leftovers(ours.directory), []);
  rmSync(directory, { recursive: true, force: true });
});

async function startRegistry(name: string, more = ''): Promise<string> {
  const port = await freePort();
  const config = join(directory, `${name}.yml`);
  writeFileSync(
    config,
    `version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: ${directory}/${name}\nhttp:\n  addr: 127.0.0.1:${port}\n${more}`,
  );
  registries.push(spawn('docker-registry', ['serve', config], { stdio: 'ignore' }));
  await until('the registry answers', () =>
    fetch(`http://127.0.0.1:${port}/v2/`).then(
      () => true,
      () => false,
    ),
  );
  return `127.0.0.1:${port}`;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function codename(): string {
  return execFileSync('sh', ['-c', '. /etc/os-release; echo $VERSION_CODENAME']).toString().trim();
}

/** Makes an image of one layer, as `docker save` would write it, and loads it. */
async function loadRoot(layer: string, name: string): Promise<void> {
  const sum = execFileSync('sha256sum', [layer]).toString().split(' ')[0];
  const architecture = process.arch === 'x64' ? 'amd64' : 'arm64';
  const config = {
    architecture,
    os: 'linux',
    config: { Cmd: ['bash'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sum}`] },
  };
  writeFileSync(join(directory, 'config.json'), JSON.stringify(config));
  writeFileSync(
    join(directory, 'manifest.json'),
    JSON.stringify([{ Config: 'config.json', RepoTags: [name], Layers: ['root.tar'] }]),
  );
  execFileSync('tar', [
    '-C',
    directory,
    '-cf',
    join(directory, 'image.tar'),
    'manifest.json',
    'config.json',
    'root.tar',
  ]);
  const { code, stderr } = await docker(ours, ['load', '-i', join(directory, 'image.tar')]);
  if (code !== 0) throw new Error(`load: ${stderr}`);
}
