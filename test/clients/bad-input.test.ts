/** Bad input to our engine and to the real one: the same status and the same words, and nothing stays behind. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { docker, leftovers, type Outcome, run } from '../support/run.ts';
import { busyboxArchive, makeDirectory, type Stack, startOurs, startReal } from '../support/stacks.ts';

const files = makeDirectory('bad');
const ours = await startOurs();
const real = await startReal();
for (const stack of [ours, real]) {
  await docker(stack, ['load', '-i', busyboxArchive()]);
  await docker(stack, ['create', '--name', 'taken', '--network', 'none', 'busybox', 'true']);
}
writeFileSync(join(files, 'script'), '#!/no/such/interpreter\n', { mode: 0o755 });
writeFileSync(join(files, 'noise'), 'x'.repeat(2000));
tamperedArchive();
escapingArchive();

/** An input: arguments of docker, or a request's method, path and body. */
type Input = readonly string[] | { readonly request: readonly string[] };

const inputs: readonly (readonly [name: string, input: Input])[] = [
  ['unknown image', ['create', '--pull', 'never', 'nosuch:1']],
  ['unknown container: start', ['start', 'nosuch']],
  ['unknown container: stop', ['stop', 'nosuch']],
  ['unknown container: kill', ['kill', 'nosuch']],
  ['unknown container: logs', ['logs', 'nosuch']],
  ['unknown container: exec', ['exec', 'nosuch', 'true']],
  ['unknown container: rm', ['rm', 'nosuch']],
  ['unknown container: cp', ['cp', 'nosuch:/x', files]],
  ['unknown object', ['inspect', 'nosuch']],
  ['unknown image: rmi', ['rmi', 'nosuch']],
  ['unknown image: tag', ['tag', 'nosuch', 'x']],
  ['unknown runtime', ['create', '--network', 'none', '--runtime', 'nosuch', 'busybox']],
  ['unknown capability', ['run', '--rm', '--network', 'none', '--cap-add', 'BOGUS', 'busybox']],
  ['unknown restart policy', ['create', '--network', 'none', '--restart', 'bogus', 'busybox']],
  ['unknown security option', ['run', '--rm', '--network', 'none', '--security-opt', 'bogus=1', 'busybox']],
  ['unknown user', ['run', '--rm', '--network', 'none', '-u', 'nosuch', 'busybox', 'true']],
  ['exec in a container that does not run', ['exec', 'taken', 'true']],
  ['kill of a container that does not run', ['kill', 'taken']],
  ['pause of a container that does not run', ['pause', 'taken']],
  ['a signal that is none', ['kill', '-s', 'NOPE', 'taken']],
  ['a name in use', ['create', '--name', 'taken', '--network', 'none', 'busybox']],
  ['a rename to a name in use', ['rename', 'taken', 'taken']],
  ['a name that is not allowed', ['create', '--name', '.bad', '--network', 'none', 'busybox']],
  ['a memory limit that is too small', ['create', '-m', '1k', '--network', 'none', 'busybox']],
  ['more CPUs than there are', ['create', '--cpus', '1000', '--network', 'none', 'busybox']],
  ['a relative volume target', ['create', '-v', '/tmp:relative', '--network', 'none', 'busybox']],
  [
    'a mount whose source is missing',
    ['create', '--mount', 'type=bind,src=/no/such,dst=/x', '--network', 'none', 'busybox'],
  ],
  ['two mounts on one target', ['create', '-v', '/tmp:/x', '-v', '/var:/x', '--network', 'none', 'busybox']],
  ['--rm with a restart policy', ['create', '--rm', '--restart', 'always', '--network', 'none', 'busybox']],
  ['a program that is not there', ['run', '--rm', '--network', 'none', 'busybox', 'nosuch']],
  ['a path that is not there', ['run', '--rm', '--network', 'none', 'busybox', '/no/such']],
  ['a working directory that is a file', ['run', '--rm', '--network', 'none', '-w', '/etc/passwd', 'busybox', 'true']],
  ['malformed JSON', { request: ['POST', '/v1.41/containers/create', '{bad'] }],
  ['an empty body', { request: ['POST', '/v1.41/containers/create', '{}'] }],
  ['an unknown path', { request: ['GET', '/v1.41/frob', ''] }],
  ['an exec without a command', { request: ['POST', '/v1.41/containers/taken/exec', '{}'] }],
  ['an unknown exec', { request: ['GET', '/v1.41/exec/nosuch/json', ''] }],
  ['an unknown filter', { request: ['GET', '/v1.41/containers/json?filters=%7B%22bogus%22%3A%5B%22x%22%5D%7D', ''] }],
  ['a layer that does not match its digest', ['load', '-i', join(files, 'tampered.tar')]],
  ['an archive that is cut off', ['load', '-i', join(files, 'script')]],
  ['an archive that is none', ['load', '-i', join(files, 'noise')]],
  ['logs of no stream', { request: ['GET', '/v1.41/containers/taken/logs', ''] }],
];

t.test('the same answers', async (t) => {
  for (const [name, input] of inputs) {
    const [our, their] = await Promise.all([give(ours, input), give(real, input)]);
    t.comment(`${name} │ ${their.code} │ ${their.stderr.trim().split('\n')[0]}`);
    t.same(our, their, name);
  }
});

/** Where our runtime adds what the matter is. */
const diagnosed: readonly (readonly [name: string, input: Input, diagnosis: string])[] = [
  [
    'a file that cannot be executed',
    ['run', '--rm', '--network', 'none', 'busybox', '/etc/passwd'],
    ': it has no execute bit',
  ],
  ['a directory as program', ['run', '--rm', '--network', 'none', 'busybox', '/etc'], ': it is a directory'],
];

t.test('the same answers, and why', async (t) => {
  for (const [name, input, diagnosis] of diagnosed) {
    const [our, their] = await Promise.all([give(ours, input), give(real, input)]);
    t.comment(`${name} │ ${their.code} │ ${our.stderr.trim().split('\n')[0]}`);
    t.match(our.stderr, diagnosis, name);
    t.same({ ...our, stderr: our.stderr.replace(diagnosis, '') }, their, name);
  }
});

/** Fields of the wrong type, each told by struct, field and type. */
const bodies: readonly (readonly [path: string, bodies: readonly string[]])[] = [
  [
    '/containers/create',
    [
      '[]',
      '{"Image":1}',
      '{"Env":[1]}',
      '{"Env":"x"}',
      '{"Tty":"x"}',
      '{"Cmd":[1]}',
      '{"Labels":{"a":1}}',
      '{"ExposedPorts":"x"}',
      '{"ExposedPorts":{"80/tcp":1}}',
      '{"Healthcheck":{"Interval":"x"}}',
      '{"HostConfig":1}',
      '{"HostConfig":{"Memory":"x"}}',
      '{"HostConfig":{"Memory":1.5}}',
      '{"HostConfig":{"CapAdd":1}}',
      '{"HostConfig":{"Mounts":1}}',
      '{"HostConfig":{"Mounts":[{"Type":1}]}}',
      '{"HostConfig":{"Ulimits":[{"Soft":"x"}]}}',
      '{"HostConfig":{"RestartPolicy":{"Name":1}}}',
      '{"HostConfig":{"PortBindings":{"80/tcp":1}}}',
      '{"HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":1}]}}}',
      '{"HostConfig":{"LogConfig":{"Config":{"a":1}}}}',
      '{"HostConfig":{"ConsoleSize":"x"}}',
      '{"NetworkingConfig":{"EndpointsConfig":{"a":{"Aliases":1}}}}',
    ],
  ],
  ['/containers/taken/exec', ['{"Cmd":1}', '{"Tty":1}', '{bad', '']],
  ['/exec/nosuch/start', ['{"Tty":1}', '']],
  ['/containers/taken/update', ['{"Memory":"x"}', '{"RestartPolicy":1}']],
  ['/volumes/create', ['{"Name":1}', '{"Labels":1}']],
];

t.test('fields of the wrong type', async (t) => {
  for (const [path, texts] of bodies)
    for (const text of texts) {
      const input = { request: ['POST', `/v1.41${path}`, text] };
      const [our, their] = await Promise.all([give(ours, input), give(real, input)]);
      t.comment(`${path} ${text} │ ${their.code} │ ${their.stderr}`);
      t.same(our, their, text);
    }
});

t.test('a script without its interpreter', async (t) => {
  const args = ['run', '--rm', '--network', 'none', '-v', `${files}/script:/script`, 'busybox', '/script'];
  const [our, their] = await Promise.all([docker(ours, args), docker(real, args)]);
  // What docker's manual says of a command that is not found; the real runtime's own process exits with 1.
  t.match({ our: our.code, their: their.code }, { our: 127, their: 1 });
  t.ok(our.stderr.startsWith(their.stderr.trim()), `the real words: ${their.stderr}`);
  t.match(our.stderr, /\/no\/such\/interpreter/, 'and which interpreter it is');
});

t.test('an entry that leaves the root stays inside', async (t) => {
  const input = ['load', '-i', join(files, 'escaping.tar')];
  // dockerd refuses the link's target, which its jail has not; we make what is missing within the root, as containerd does.
  t.same(await docker(ours, input), { code: 0, stdout: 'Loaded image: escaping:1\n', stderr: '' });
  await docker(ours, ['create', '--name', 'escaping', 'escaping:1', 'none']);
  for (const path of [join(files, 'escaped'), '/escaped-from-layer']) {
    const { stdout } = await docker(ours, ['cp', `escaping:${path}`, '-']);
    t.match(stdout, 'evil', `${path} is inside`);
  }
  await docker(ours, ['rm', 'escaping']);
  const outside = await run('ls', [join(files, 'escaped'), '/escaped-from-layer']);
  t.not(outside.code, 0, 'nothing was written outside');
});

t.test('a full disk', async (t) => {
  const directory = makeDirectory('full');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', directory]);
  const small = await startOurs({ directory });
  const { code, stderr } = await docker(small, ['load', '-i', busyboxArchive()]);
  t.equal(code, 1);
  t.match(stderr, /no space left on device/);
  t.equal((await docker(small, ['images', '-q'])).stdout, '', 'no half an image');
  await small.stop();
  execFileSync('umount', [directory]);
  rmSync(directory, { recursive: true });
});

t.test('nothing is left', async (t) => {
  for (const stack of [ours, real]) {
    t.equal((await docker(stack, ['ps', '-a', '--format', '{{.Names}}'])).stdout, 'taken\n');
    await docker(stack, ['rm', 'taken']);
  }
  await ours.stop();
  await real.stop();
  t.same([...leftovers(ours.directory), ...leftovers(real.directory)], []);
  rmSync(files, { recursive: true, force: true });
});

/** Gives an input to a stack. Ids and directories, which differ, are taken out of the answer. */
async function give(
  stack: Stack,
  input: readonly string[] | { readonly request: readonly string[] },
): Promise<Outcome> {
  const outcome = 'request' in input ? await request(stack, input.request) : await docker(stack, input);
  const clean = (text: string): string =>
    text
      .replace(/\b[0-9a-f]{64}\b/g, 'ID')
      .replaceAll(stack.directory, 'DIRECTORY')
      .replace(/\b[0-9a-f]{12}\b/g, 'ID')
      // A client of 20.10 says so when its wait was slower than its run.
      .replace(/^time=.*error waiting for container: context canceled"\n/gm, '');
  return { code: outcome.code, stdout: clean(outcome.stdout), stderr: clean(outcome.stderr) };
}

/** Makes a request; the status stands for the exit code, the body for the error text. */
async function request(stack: Stack, [method = '', path = '', body = '']: readonly string[]): Promise<Outcome> {
  const socket = stack.dockerHost.replace('unix://', '');
  const data = method === 'GET' ? [] : ['-H', 'Content-Type: application/json', '-d', body];
  const { stdout } = await run('curl', [
    '-s',
    '-w',
    '\n%{http_code}',
    '--unix-socket',
    socket,
    '-X',
    method,
    ...data,
    `http://d${path}`,
  ]);
  const lines = stdout.trim().split('\n');
  return { code: Number(lines.at(-1)), stdout: '', stderr: lines.slice(0, -1).join('\n') };
}

/** An image whose layer is not the one that its config names. */
function tamperedArchive(): void {
  makeArchive('tampered', (directory) => {
    mkdirSync(join(directory, 'content'));
    writeFileSync(join(directory, 'content/file'), 'changed');
    execFileSync('tar', ['-C', join(directory, 'content'), '-cf', join(directory, 'layer.tar'), '.']);
    return 'a'.repeat(64);
  });
}

/** An image with an entry `../../…/escaped-from-layer`, and one behind a link that leads out. */
function escapingArchive(): void {
  makeArchive('escaping', (directory) => {
    mkdirSync(join(directory, 'content'));
    execFileSync('ln', ['-s', files, join(directory, 'content/link')]);
    writeFileSync(join(directory, 'evil'), 'evil');
    const layer = join(directory, 'layer.tar');
    execFileSync('tar', ['-C', join(directory, 'content'), '-cf', layer, 'link']);
    const append = (name: string): unknown =>
      execFileSync('tar', ['-C', directory, '-P', '--transform', `s,^evil$,${name},`, '-rf', layer, 'evil']);
    append('link/escaped');
    append('../../../../../../../../../../escaped-from-layer');
    return execFileSync('sha256sum', [layer]).toString().split(' ')[0] ?? '';
  });
}

function makeArchive(name: string, makeLayer: (directory: string) => string): void {
  const directory = join(files, name);
  mkdirSync(directory);
  const diffId = `sha256:${makeLayer(directory)}`;
  const config = { architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [diffId] } };
  writeFileSync(join(directory, 'config.json'), JSON.stringify(config));
  writeFileSync(
    join(directory, 'manifest.json'),
    JSON.stringify([{ Config: 'config.json', RepoTags: [`${name}:1`], Layers: ['layer.tar'] }]),
  );
  execFileSync('tar', [
    '-C',
    directory,
    '-cf',
    join(files, `${name}.tar`),
    'manifest.json',
    'config.json',
    'layer.tar',
  ]);
}
