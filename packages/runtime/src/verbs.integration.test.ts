/**
 * The verbs of runc 1.1 on containers in every state, and with every flag: output, exit code and log must be runc's. Both
 * runtimes work on the same container, so that only the verb is compared.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Outcome, Sandbox, unable } from './testing/sandbox.ts';

const noRunc = spawnSync('runc', ['--version']).status !== 0 && 'needs runc';
const skip = unable || noRunc;

/** Command lines with ID for the container's; they change nothing that a later one looks at. */
const everywhere = [
  'state ID',
  'kill ID 0',
  'kill --all ID 0',
  'kill ID FOO',
  'kill ID 999',
  'kill ID sigcont',
  'kill -a ID CONT',
  'ps -f json ID',
  'ps ID -o user,pid,ppid,args',
  'ps ID -o pid,comm',
  'ps ID -o comm',
  'ps ID --nosuch',
  'ps --format xml ID',
  'list',
  'list -q',
  'list --format json',
  'list -f xml',
  'exec ID true',
  'exec --ignore-paused ID',
  'events --interval 0s ID',
  'update ID',
  'delete ID/..',
];

/** Of a container that runs. */
const running = [
  'exec ID sh -c "exit 7"',
  'exec ID sh -c "kill -9 $$"',
  'exec -d ID true',
  'exec ID nosuch',
  'exec ID /nope',
  'exec --cwd /nope ID true',
  'exec --cwd tmp ID true',
  'exec --cwd /tmp ID pwd',
  'exec --env A=b -e C=d ID env',
  'exec --user 1000 ID id',
  'exec -u 1000:1001 ID id',
  'exec -u 1:2:3 ID id',
  'exec -u 5: ID id',
  'exec -u :5 ID id',
  'exec -u -1 ID id',
  'exec -u 3000000000 ID id',
  'exec -u 1x ID id',
  'exec -g 5 -g 6 ID id',
  'exec -g -1 ID id',
  'exec -g x ID id',
  'exec --additional-gids 7 -u 1000:1000 ID id',
  'exec --cap CAP_SYS_ADMIN ID grep Cap /proc/self/status',
  'exec --cap CAP_SYS_ADMIN -u 1000 ID grep Cap /proc/self/status',
  'exec --cap CAP_FOO ID true',
  'exec --no-new-privs ID grep NoNewPrivs /proc/self/status',
  'exec --no-new-privs=false ID grep NoNewPrivs /proc/self/status',
  'exec --apparmor x ID true',
  'exec --process-label x ID true',
  'exec --preserve-fds x ID true',
  'exec --preserve-fds 99999999999999999999 ID true',
  'exec --process /nosuch ID',
  'exec --process /etc/passwd ID',
  'exec --console-socket /nosuch -t -d ID true',
  'exec --console-socket /nosuch ID true',
  'exec -t -d ID true',
  'exec --pid-file /nosuch/pid ID true',
  'exec --cgroup sub ID cat /proc/self/cgroup',
  'exec --cgroup /sub ID cat /proc/self/cgroup',
  'exec --cgroup pids,freezer:sub ID cat /proc/self/cgroup',
  'exec --cgroup pids:sub --cgroup freezer:sub ID cat /proc/self/cgroup',
  'exec --cgroup a:b:c ID true',
  'exec --cgroup a --cgroup b ID true',
  'exec --cgroup nosuch:b ID true',
  'exec --cgroup ../.. ID true',
  'exec --nosuch ID true',
  'events --interval 1q ID',
  'events --stats=maybe ID',
  'update --memory x ID',
  'update --memory 1.5g ID',
  'update --memory -1 --memory-swap -1 ID',
  'update --memory-reservation 50m ID',
  'update --cpu-quota x ID',
  'update --cpu-quota 50000 --cpu-period 100000 ID',
  'update --cpu-quota 99999999999999999999 ID',
  'update --cpu-share -5 ID',
  'update --cpu-share 1 ID',
  'update --cpu-share 512 ID',
  'update --blkio-weight x ID',
  'update --blkio-weight 5 ID',
  'update --cpuset-cpus 0 --cpuset-mems 0 ID',
  'update --pids-limit 70 ID',
  'update --l3-cache-schema x ID',
  'update --mem-bw-schema x ID',
  'update --kernel-memory 5m --kernel-memory-tcp 5m ID',
  'update -r /nosuch ID',
  'update -r /etc/passwd ID',
];

/** Without a container. */
const usage = [
  ...['create', 'start', 'run', 'state', 'kill', 'delete', 'exec', 'ps', 'events', 'update', 'pause', 'resume'],
  ...['create a b', 'start a b', 'state a b', 'kill a b c', 'list a', 'features a', 'spec -b /nosuch', 'nosuch'],
  ...['create --nosuch', '--nosuch state', '--log-format xml list', '--rootless x ps nosuch', 'delete --force=x y'],
  ...['create -b x --bundle y z', 'start', 'create -b /nosuch x', 'run --preserve-fds x y', 'create --pid-file'],
  ...['events --interval', 'state .', 'state a/b', 'state nosuch', 'start nosuch', 'pause nosuch', 'resume nosuch'],
  ...['events nosuch', 'events --stats nosuch', 'update nosuch', 'ps nosuch', 'kill nosuch', 'delete nosuch'],
  ...['delete -f nosuch', 'exec nosuch true', 'exec nosuch', 'list', 'list -q', 'list -f json'],
];

t.test('verbs', { skip }, async (t) => {
  const ours = new Sandbox();
  t.teardown(() => ours.remove());
  const runc = ours.as(['runc'], ours.root);
  const id = ours.id();

  const compare = async (lines: readonly string[]) => {
    for (const line of lines) {
      const words = (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"|"$/g, '').replace('ID', id));
      const [theirs, own] = [runc.run(words), ours.run(words)];
      t.same(comparable(own), comparable(theirs), line);
    }
  };

  await compare(usage);
  const empty = join(ours.root, 'empty');
  mkdirSync(empty, { recursive: true });
  await compare(['list', 'list -q', 'state empty', 'kill empty']);
  for (const flags of [[], ['--force']])
    for (const runtime of [runc, ours]) {
      mkdirSync(empty, { recursive: true });
      const { code } = runtime.run(['delete', ...flags, 'empty']);
      t.equal(code, flags.length === 0 ? 1 : 0);
      t.notOk(existsSync(empty), 'a directory without a state is removed');
    }
  const bundle = ours.bundle((spec) => {
    spec.process.args = ['sleep', '1000'];
    spec.annotations = { key: 'value <&>' };
  });
  t.equal(runc.run(['create', '-b', bundle, id]).code, 0);
  await t.test('created', () => compare([...everywhere, 'resume ID']));
  t.equal(ours.run(['pause', id]).code, 0);
  await t.test('created and paused', () => compare(['state ID', 'start ID', 'delete ID', 'pause ID', 'exec ID true']));
  t.equal(ours.run(['resume', id]).code, 0);
  t.equal(runc.run(['start', id]).code, 0);
  const heads = [runc, ours].map((runtime) =>
    runtime
      .run(['ps', id])
      .stdout.split('\n')
      .map((line) => line.slice(0, 8)),
  );
  t.same(heads[1], heads[0], 'ps without options; how busy the process is changes');
  const subs = cgroupsOf(ours.root, id).map((path) => join(path, 'sub'));
  for (const sub of subs) mkdirSync(sub);
  const cpuset = subs.find((path) => path.includes('/cpuset/'));
  for (const name of cpuset ? ['cpus', 'mems'] : []) {
    const file = `cpuset.${name}`;
    writeFileSync(join(cpuset!, file), readFileSync(join(cpuset!, '..', file), 'utf8'));
  }
  await t.test('running', () => compare([...everywhere, ...running, 'start ID', 'resume ID', 'delete ID']));
  for (const sub of subs) rmdirSync(sub);
  t.equal(runc.run(['pause', id]).code, 0);
  // runc's kill --all thaws what was paused.
  const paused = everywhere.filter((line) => !/^kill (-a|--all)/.test(line));
  await t.test('paused', () => compare([...paused, 'start ID', 'pause ID', 'delete ID']));
  t.equal(ours.run(['resume', id]).code, 0);
  t.equal(ours.run(['kill', id, 'KILL']).code, 0);
  for (let round = 0; round < 100 && runc.status(id) !== 'stopped'; round++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const stopped = everywhere.filter((line) => !line.startsWith('events'));
  await t.test('stopped', () => compare([...stopped, 'events ID', 'start ID', 'pause ID', 'resume ID']));
  t.equal(ours.run(['delete', id]).code, 0);
  t.same(ours.leftovers(), []);
});

t.test('every flag of runc is known', { skip }, async (t) => {
  const ours = new Sandbox();
  t.teardown(() => ours.remove());
  const runc = ours.as(['runc'], ours.root);
  const verbs = [...runc.run(['--help']).stdout.matchAll(/^ {3}([a-z]+) {2}/gm)].map(([, verb]) => verb!);
  for (const verb of [undefined, ...verbs]) {
    const words = verb === undefined ? ['--help'] : [verb, '--help'];
    const [theirs, own] = [flagsIn(runc.run(words)), flagsIn(ours.run(words))];
    const missing = theirs.filter((flag) => !own.includes(flag));
    t.same(missing, [], words.join(' '));
  }
});

t.test('features: all that runc has', { skip }, async (t) => {
  const ours = new Sandbox();
  t.teardown(() => ours.remove());
  const [theirs, own] = [ours.as(['runc'], ours.root), ours].map((runtime) =>
    JSON.parse(runtime.run(['features']).stdout),
  );
  const lists = (document: typeof own): Readonly<Record<string, readonly string[]>> => ({
    hooks: document.hooks,
    mountOptions: document.mountOptions,
    namespaces: document.linux.namespaces,
    capabilities: document.linux.capabilities,
    actions: document.linux.seccomp.actions,
    operators: document.linux.seccomp.operators,
    architectures: document.linux.seccomp.archs,
  });
  for (const [name, list] of Object.entries(lists(theirs)))
    t.same(
      list.filter((each) => !lists(own)[name]!.includes(each)),
      [],
      name,
    );
  t.match(own.linux.cgroup, theirs.linux.cgroup);
  t.match({ ...own.linux.apparmor, ...own.linux.selinux }, { enabled: true });
});

t.test('spec is that of runc', { skip }, async (t) => {
  const ours = new Sandbox();
  t.teardown(() => ours.remove());
  const runc = ours.as(['runc'], ours.root);
  for (const flags of [[], ['--rootless']]) {
    const [theirs, own] = [runc, ours].map((runtime, index) => {
      const directory = join(ours.directory, `spec-${flags.length}-${index}`);
      mkdirSync(directory);
      t.equal(runtime.run(['spec', ...flags, '-b', directory]).code, 0);
      const again = runtime.run(['spec', ...flags, '-b', directory]);
      t.match(again, { code: 1, stderr: 'File config.json exists. Remove it first\n' });
      const spec = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'));
      // Later versions of runc give a user who is not root nothing by default (no ambient set).
      delete spec.process.capabilities.ambient;
      spec.linux.maskedPaths.sort();
      return { ...spec, ociVersion: '', hostname: '' };
    });
    t.same(own, theirs, flags.join(' '));
  }
});

function flagsIn({ stdout }: Outcome): string[] {
  return [...stdout.matchAll(/^ {3}(-.*?)(?: {2}|$)/gm)].flatMap(([, names = '']) =>
    names.split(', ').map((name) => name.replace(/ value$/, '')),
  );
}

function cgroupsOf(root: string, id: string): string[] {
  const { cgroup_paths: paths } = JSON.parse(readFileSync(join(root, id, 'state.json'), 'utf8'));
  return [...new Set(Object.values(paths as Record<string, string>))];
}

/**
 * What must be the same: without names of programs and times; runc's usage text is its own; what it says of its own
 * retries and of files that it writes with a pid in the name is left out.
 */
function comparable({ code, stdout, stderr, log }: Outcome): unknown {
  const isUsage = stdout.startsWith('Incorrect Usage');
  return {
    code,
    stdout: isUsage ? stdout.split('\n')[0] : stdout.replace(/\d\d:\d\d:\d\d/g, '#'),
    stderr: stderr.trim().replace(/time="[^"]*"/, 'time'),
    log: log
      .map(({ level, msg }) => `${level}: ${msg.trim()}`)
      .filter((line) => !/oom kill count|Setting back cgroup configs/.test(line)),
  };
}
