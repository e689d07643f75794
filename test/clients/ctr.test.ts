/**
 * drydock-ctr beside the stock ctr, on containerd and on our supervisor: the same commands give the same output, exit code
 * and messages. Each client works in a namespace of its own.
 */
import { globSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { missingRegistry, TestRegistry } from '../../packages/transfer/src/testing/test-registry.ts';
import { leftovers, run } from '../support/run.ts';
import { bin, busyboxArchive, makeDirectory, startContainerd, startSupervisor } from '../support/stacks.ts';

const image = 'docker.io/library/busybox:latest';
const hello = 'sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03';

/**
 * In order: what one makes, the next may need. `$I` is the image, `$A` its archive, `$D` a directory, `$R` a registry. The
 * labels of ctr come in any order, so lists of them are sorted.
 */
const commands: Readonly<Record<string, readonly string[]>> = {
  images: [
    'ctr images import $A',
    'ctr images import',
    'ctr images import /nosuch',
    'ctr images ls',
    'ctr images ls -q',
    'ctr images ls name==nosuch',
    'ctr images check',
    'ctr images check -q',
    'ctr images tag $I a:1 b:2',
    'ctr images tag $I a:1',
    'ctr images tag --force $I a:1',
    'ctr images tag',
    'ctr images tag $I',
    'ctr images label $I x=y',
    'ctr images label $I x=',
    'ctr images export $D/out.tar $I && tar tvf $D/out.tar',
    'ctr images export',
    'ctr images export $D/x.tar nosuch',
    'ctr images convert --oci $I conv:1',
    'ctr images convert --oci --uncompress $I conv:2',
    'ctr images convert a',
    'ctr images convert nosuch b',
    'ctr images ls',
    'ctr images rm a:1 b:2 conv:1 nosuch',
    'ctr images rm --sync conv:2',
    'ctr images mount $I $D/mnt && ls $D/mnt && ctr images unmount --rm $D/mnt',
    'ctr images mount --rw $I $D/mnt && touch $D/mnt/x && ctr images unmount --rm $D/mnt',
    'ctr images mount',
    'ctr images unmount',
    'ctr snapshots ls',
  ],
  'a registry': [
    'ctr images push --plain-http $R/busybox:1 $I >/dev/null',
    'ctr images push --plain-http $R/busybox:1 nosuch',
    'ctr images push',
    'ctr images pull --plain-http $R/busybox:1 2>/dev/null | grep -v "^[^ ]*:  *\\|elapsed" | sed "s/done: .*/done/"',
    'ctr images pull --plain-http --print-chainid --label a=b $R/busybox:1 | grep chain',
    'ctr images ls',
    'ctr images pull',
    'ctr images pull nosuch',
    'ctr images pull --plain-http $R/nosuch',
    'ctr images pull --plain-http 127.0.0.1:1/nosuch:1 2>&1 | sed "s/failed to do request: //; s/: unavailable//"',
    'ctr content fetch --plain-http $R/busybox:1 > /dev/null',
    'ctr content fetch-object --plain-http $R/busybox:1',
    'ctr images rm --sync $R/busybox:1',
  ],
  content: [
    'ctr content ls | sort',
    'ctr content ls -q',
    // The label keeps it from a collection.
    `echo hello | ctr content ingest ref1 && ctr content label ${hello} containerd.io/gc.root=1`,
    'ctr content ingest < /dev/null',
    `ctr content get ${hello}`,
    'ctr content get',
    `ctr content label ${hello} z=1`,
    'ctr content label',
    'ctr content active',
    `ctr content rm ${hello} nosuch`,
    'ctr content prune references',
    'ctr content ls -q',
    'ctr images import $A',
  ],
  snapshots: [
    'ctr snapshots prepare -t /mnt p1',
    'ctr snapshots prepare --mounts p2',
    'ctr snapshots prepare p2',
    'ctr snapshots info p1',
    'ctr snapshots info nosuch',
    'ctr snapshots mounts /m p1',
    'ctr snapshots usage p1',
    'ctr snapshots usage -b',
    'ctr snapshots commit c1 p1',
    'ctr snapshots view --mounts v1 c1',
    'ctr snapshots label c1 k=v | tr , "\\n" | grep k=v',
    'ctr snapshots tree',
    'ctr snapshots ls',
    'ctr snapshots --snapshotter nosuch ls',
    'ctr snapshots diff c1 | gzip -dc | tar t',
    'ctr snapshots diff',
    'ctr snapshots rm v1 c1 p2 nosuch',
    'ctr snapshots rm p2',
    'ctr snapshots unpack nosuch',
  ],
  'leases and namespaces': [
    'ctr leases create --id l1 a=b',
    'ctr leases create -x 0 --id l2',
    'ctr leases create --id l1',
    'ctr leases ls',
    'ctr leases ls -q',
    'ctr leases ls id==l1',
    'ctr leases delete l1 nosuch',
    'ctr leases delete --sync l2',
    'ctr ns create $N-more a=b',
    'ctr ns create $N-more',
    'ctr ns label $N-more c=d',
    'ctr ns rm $N-more nosuch',
    'ctr ns create',
    'ctr ns label',
  ],
  containers: [
    'ctr containers create $I c1',
    'ctr containers create $I c1',
    'ctr containers ls',
    'ctr containers ls -q',
    'ctr containers ls id==c1',
    'ctr containers info c1',
    'ctr containers label c1 a=b | tr , "\\n" | sort',
    'ctr containers label',
    'ctr containers rm c1',
    'ctr containers rm c1',
    'ctr containers rm',
    'ctr containers create',
    'ctr containers create $I',
    'ctr containers create nosuch c1',
    'ctr containers info',
    'ctr containers create --net-host --env A=b --env PATH=/x --label x=y --annotation p=q --mount type=bind,src=/tmp,dst=/host,options=rbind:ro --memory-limit 10000000 --cap-add CAP_SYS_ADMIN --cap-drop CAP_KILL --allow-new-privs --device /dev/null --rdt-class q --rootfs-propagation rshared -t --cwd /tmp --read-only --with-ns ipc:/proc/1/ns/ipc --cpu-quota 50000 --cpu-period 100000 $I c2 sh',
    'ctr containers info --spec c2 | jq -S .',
    'ctr containers rm c2',
    'ctr containers create --privileged $I c3',
    'ctr containers info --spec c3 | jq -S .',
    'ctr containers rm c3',
    'ctr containers create --rootfs $D/mnt c4 sh',
    'ctr containers info c4 | jq -S .',
    'ctr containers rm c4',
    'ctr containers create --cap-add KILL $I c5',
    'ctr containers create --with-ns nosuch $I c5',
    'ctr containers create --mount nosuch $I c5',
    'ctr containers create --seccomp-profile /x $I c5',
    'ctr containers checkpoint',
    'ctr containers checkpoint c1',
    'ctr containers restore',
    'ctr oci spec',
  ],
  run: [
    'ctr run --rm $I x1 sh -c "echo out; echo err >&2; exit 3"',
    'ctr run --rm $I x1 nosuch',
    'ctr run',
    'ctr run $I',
    'ctr run --rm -d $I x1',
    'ctr run --rm --cpus 0.5 --uidmap 0:1000:65536 --gidmap 0:1000:65536 $I x1 sh -c "id -u; cat /proc/self/uid_map"',
    'ctr run -d --pid-file $D/pid $I x2 sleep 1000 && kill -0 $(cat $D/pid)',
    'ctr tasks ls',
    'ctr tasks ps x2 | sed "s/^[0-9]*/N/" | sort',
    'ctr tasks metrics x2 | sed "/^x2/d; s/[0-9]\\{3,\\}/N/g; s/\\[.*\\]/N/"',
    'ctr tasks metrics --format json x2 | jq keys',
    'ctr tasks metrics nosuch',
    'ctr tasks exec --exec-id e1 x2 sh -c "echo out; echo err >&2; exit 5"',
    'ctr tasks exec --exec-id e1 x2 nosuch',
    'ctr tasks exec -d --exec-id e2 x2 sleep 500',
    'ctr tasks ps x2 | sed "s/^[0-9]*/N/" | sort',
    'ctr tasks kill --exec-id e2 -s 9 x2; sleep 0.3',
    'ctr tasks rm --exec-id e2 x2',
    'ctr shim --id x2 state | jq "del(.pid, .bundle, .stdin, .stdout, .stderr)"',
    'ctr shim --id nosuch state',
    'ctr shim state',
    'ctr tasks pause x2',
    'ctr tasks ls',
    'ctr tasks resume x2',
    'ctr tasks rm x2',
    'ctr containers rm x2 2>&1 | sed "s/0x[0-9a-f]*/N/g; s/{.*}//"',
    'ctr tasks kill -s KILL x2; sleep 0.4',
    'ctr tasks rm x2',
    'ctr tasks rm x2',
    'ctr tasks start -d x2',
    'ctr tasks rm -f x2',
    'ctr containers rm x2',
    'ctr tasks kill',
    'ctr tasks ps',
    'ctr tasks pause nosuch',
    'ctr tasks checkpoint x2',
    'ctr tasks attach nosuch',
  ],
  'the server': [
    'ctr plugins ls',
    'ctr plugins ls -q type==io.containerd.gc.v1',
    'ctr nosuch',
    'ctr images nosuch',
    'ctr pprof --debug-socket /nosuch heap',
  ],
  'the end': ['ctr images rm --sync $I', 'ctr snapshots ls', 'ctr images ls', 'ctr containers ls', 'ctr tasks ls'],
};

/** Milliseconds, for what hangs. */
const timeout = 300_000;
const directory = makeDirectory('ctr');
const missing = missingRegistry();
if (missing !== undefined) t.pass('both clients', { skip: `needs ${missing}` });
else {
  const registry = await TestRegistry.start(join(directory, 'registry'));
  mkdirSync(join(directory, 'real'));
  mkdirSync(join(directory, 'ours'));
  const real = await startContainerd(join(directory, 'real'));
  const ours = await startSupervisor(join(directory, 'ours'), [
    '--shim',
    'io.containerd.runc.v2=/usr/bin/containerd-shim-runc-v2',
  ]);
  await t.test('on containerd', { timeout }, (t) => compare(t, real.socket, registry.host));
  // That our supervisor answers ctr as containerd does is shown elsewhere, command by command.
  await t.test('on our supervisor', { timeout }, (t) =>
    compare(t, ours.socket, registry.host, ['images', 'a registry', 'run', 'the end']),
  );
  await t.test('what only ours has', { timeout }, (t) => own(t, ours.socket));
  await t.test('nothing is left', async (t) => {
    for (const each of [ours, real, registry]) await each.stop();
    t.same(leftovers(directory), []);
    // Runtimes keep these for good, for each namespace.
    const namespaces = ['stock', 'ours', 'own'].map((name) => `${name}${process.pid}`).join(',');
    const places = ['/sys/fs/cgroup', '/sys/fs/cgroup/*', '/run/containerd/runc', '/run/drydock/runtime'];
    for (const path of globSync(places.map((place) => `${place}/{${namespaces}}`))) rmdirSync(path);
    rmSync(directory, { recursive: true });
  });
}

interface Client {
  readonly socket: string;
  /** What `ctr` in a command is. */
  readonly program: string;
  readonly namespace: string;
  readonly registry: string;
}

async function compare(t: Test, socket: string, registry: string, groups = Object.keys(commands)): Promise<void> {
  const stock = { socket, program: 'ctr', namespace: `stock${process.pid}`, registry };
  const ours = { socket, program: join(bin, 'drydock-ctr'), namespace: `ours${process.pid}`, registry };
  for (const name of groups)
    await t.test(name, { timeout }, async (t) => {
      for (const line of commands[name] ?? []) {
        t.same(await outcome(ours, line), await outcome(stock, line), line, { command: line });
      }
    });
}

/** How a command ended, without what differs from one run to the next. */
async function outcome(client: Client, command: string): Promise<object> {
  const { socket, program, namespace, registry } = client;
  const place = join(directory, namespace);
  mkdirSync(join(place, 'mnt'), { recursive: true });
  const words: Readonly<Record<string, string>> = {
    I: image,
    A: busyboxArchive(),
    D: place,
    R: registry,
    N: namespace,
  };
  const line = command.replace(/\$([IADRN])\b/g, (_, name) => words[name] ?? '');
  const env = { CONTAINERD_ADDRESS: socket, CONTAINERD_NAMESPACE: namespace, PROGRAM: program };
  const { code, stdout, stderr } = await run('sh', ['-c', `ctr() { command "$PROGRAM" "$@"; }\n${line}`], { env });
  const plain = (text: string): string =>
    text
      .replaceAll('drydock-ctr', 'ctr')
      .replaceAll(place, 'DIRECTORY')
      .replaceAll(namespace, 'NAMESPACE')
      .replace(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?( \+0000 UTC|Z)?/g, 'TIME')
      .replace(/(Less than a second|About a minute|\d+ seconds?)( ago)?/g, 'AGE')
      .replace(/snapshots\/\d+\//g, 'snapshots/N/')
      .replace(/[^\s,]+=[^\s,]*(,[^\s,]+=[^\s,]*)+/g, (labels) => labels.split(',').sort().join(','))
      .replace(/^(x2\s+)\d+/gm, '$1PID')
      .replace(/^.*level=info.*\n/gm, '')
      .replace(/[ \t]+/g, ' ')
      .replace(/ +$/gm, '');
  return { code, stdout: plain(stdout), stderr: plain(stderr) };
}

/** The commands that ctr 1.6 has not. */
async function own(t: Test, socket: string): Promise<void> {
  const env = { CONTAINERD_ADDRESS: socket, CONTAINERD_NAMESPACE: `own${process.pid}` };
  const ctr = (...args: readonly string[]) => run(join(bin, 'drydock-ctr'), args, { env });
  await ctr('images', 'import', busyboxArchive());
  t.match(await ctr('run', '-d', '--runtime', 'io.containerd.drydock.v2', image, 'd1', 'sleep', '1000'), { code: 0 });
  t.match(await ctr('info'), { code: 0, stdout: /"pid": \d+/ });
  t.match(await ctr('deprecations', 'list'), { code: 0, stdout: '' });
  t.match(await ctr('images', 'inspect', image), {
    code: 0,
    stdout: /└─── application\/vnd\.docker\.distribution\.manifest/,
  });
  t.match(await ctr('images', 'usage', image), { code: 0, stdout: /^KEY .*\nsha256:/ });
  t.match(await ctr('plugins', 'inspect', 'io.containerd.transfer.v1', 'local'), { code: 0, stdout: /"id": "local"/ });
  t.match(await ctr('tree'), {
    code: 0,
    stdout: /d1 .* running\n +└─ \d+ containerd-shim-drydock-v2 .*\n +└─ \d+ sleep 1000/,
  });
  t.match(await ctr('trace', 'd1'), { code: 0, stdout: /\/tasks\/create.*\n.*\+\d+ ms +\/tasks\/start/ });
  t.match(await ctr('shim', '--id', 'd1', 'inspect'), { code: 0, stdout: /"containers": \[/ });
  t.match(await ctr('shim', '--id', 'd1', 'events'), { code: 0, stdout: /\/tasks\/start +sent/ });
  t.match(await ctr('shim', '--id', 'd1', 'fds'), { code: 0, stdout: /socket:\[/ });
  t.match(await ctr('shim', '--id', 'd1', 'call', 'State'), { code: 0, stdout: /"status": 2/ });
  t.match(await ctr('shim', '--id', 'd1', 'call', 'Nosuch'), {
    code: 1,
    stderr: /unknown method Nosuch; there are State Create/,
  });
  writeFileSync(
    join(directory, 'process.json'),
    JSON.stringify({ user: { uid: 0, gid: 0 }, args: ['sh', '-c', 'exit 4'], env: ['PATH=/bin'], cwd: '/' }),
  );
  const exec = await ctr('shim', '--id', 'd1', 'exec', '--spec', join(directory, 'process.json'), '--attach', 'e1');
  t.match(exec, { code: 0, stdout: /^exec running with pid \d+\nexit status 4\n$/ });
  t.match(await ctr('fsck'), { code: 0, stdout: `0 findings in namespace own${process.pid}\n` });
  await ctr('tasks', 'kill', '-s', 'KILL', 'd1');
  await ctr('tasks', 'rm', '-f', 'd1');
  await ctr('images', 'rm', image);
  t.match(await ctr('fsck'), { code: 1, stdout: /container d1: image .* is missing/ });
  t.match(await ctr('containers', 'rm', 'd1'), { code: 0 });
}
