/** The stock ctr on our supervisor and on containerd, with the same shim: output, errors and exit codes are the same. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  busyboxArchive,
  image,
  leftovers,
  makeDirectory,
  missingPeers,
  type Outcome,
  realShim,
  removeStack,
  type Stack,
  startContainerd,
  startOurs,
  until,
} from './test-stacks.ts';

const zero = `sha256:${'0'.repeat(64)}`;
const hello = 'sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03';

/** The commands, in order: what one makes, the next may need. `$I` is the image, `$A` its archive, `$D` a directory. */
const commands: Readonly<Record<string, readonly string[]>> = {
  images: [
    'ctr images import $A',
    'ctr images import /nosuch',
    'ctr images import /etc/passwd',
    'ctr images ls -q',
    'ctr images ls',
    'ctr images ls name==foo',
    "ctr images ls 'name~=busy'",
    "ctr images ls 'name=='",
    "ctr images ls 'name=x'",
    'ctr images check',
    'ctr images tag $I foo:1',
    'ctr images tag $I foo:1',
    'ctr images tag --force $I foo:1',
    'ctr images tag nosuch foo:2',
    'ctr images rm foo:1',
    'ctr images rm foo:1',
    'ctr images label $I a=b c=d',
    'ctr images label $I a=',
    'ctr images label $I c=',
    'ctr images label nosuch a=b',
    'ctr images export $D/out.tar $I && tar tf $D/out.tar',
  ],
  content: [
    // What only the import needed goes with a collection, whenever that is: here it is waited for.
    'ctr leases create --id gc && ctr leases delete --sync gc',
    'ctr content ls',
    'ctr content ls -q',
    `ctr content get ${zero}`,
    'ctr content get nosuch',
    `ctr content label ${zero} a=b`,
    `ctr content rm ${zero}`,
    'echo hello | ctr content ingest ref1',
    'echo hello | ctr content ingest ref1',
    `echo hello | ctr content ingest --expected-digest ${zero} ref2`,
    'echo hello | ctr content ingest --expected-size 3 ref3',
    'ctr content active | sort',
    `ctr content get ${hello}`,
    `ctr content rm ${hello}`,
  ],
  snapshots: [
    'ctr snapshots ls',
    'ctr snapshots prepare s1',
    'ctr snapshots prepare s1',
    'ctr snapshots info s1',
    'ctr snapshots mounts /m s1',
    'ctr snapshots commit c1 s1',
    'ctr snapshots commit c1 s1',
    'ctr snapshots prepare s2 c1',
    'ctr snapshots mounts /m s2',
    // Nothing keeps a view: the next garbage collection takes it.
    'ctr snapshots view v1 c1 && ctr snapshots mounts /m v1; ctr snapshots rm v1',
    'ctr snapshots prepare s3 nosuch',
    'ctr snapshots rm c1',
    'ctr snapshots label s2 x=y',
    'ctr snapshots tree',
    'ctr snapshots commit c2 s2',
    'ctr snapshots prepare s4 c2',
    'ctr snapshots mounts /m s4',
    'ctr snapshots ls',
    'ctr snapshots rm s4',
    'ctr snapshots rm c2',
    'ctr snapshots rm c1',
    'ctr snapshots rm c1',
    'ctr snapshots info nosuch',
    'ctr snapshots --snapshotter nosuch ls',
  ],
  'namespaces and leases': [
    'ctr ns create foo',
    'ctr ns create foo a=b',
    "ctr ns create 'bad/ns'",
    'ctr ns label foo x=y',
    'ctr ns ls -q',
    'ctr ns rm foo',
    'ctr ns rm foo',
    "ctr -n 'bad/ns' images ls",
    'ctr -n other images ls',
    'ctr leases create --id l1',
    'ctr leases create --id l1',
    'ctr leases ls -q',
    'ctr leases delete l1',
    'ctr leases delete l1',
  ],
  'what is not there': [
    'ctr containers info nosuch',
    'ctr containers rm nosuch',
    'ctr containers label nosuch a=b',
    'ctr tasks kill nosuch',
    'ctr tasks start nosuch',
    'ctr tasks ps nosuch',
    'ctr tasks pause nosuch',
    'ctr tasks rm nosuch',
    'ctr tasks metrics nosuch',
    'ctr tasks exec --exec-id e1 nosuch ls',
    'ctr run --rm nosuch x1',
  ],
  containers: [
    'ctr containers create $I cc1',
    'ctr containers create $I cc1',
    'ctr containers ls',
    'ctr containers label cc1 k=v',
    "ctr containers ls 'labels.k==v'",
    'ctr tasks ps cc1',
    'ctr tasks kill cc1',
    'ctr tasks exec --exec-id e1 cc1 ls',
    'ctr containers rm cc1',
  ],
  run: [
    'ctr run --rm $I x1 true',
    "ctr run --rm $I x1 sh -c 'echo hi; exit 3'",
    "ctr run --rm $I x1 sh -c 'echo err >&2; exit 3'",
    'ctr run --rm $I x1 nosuch',
    'ctr run --rm $I x1 /etc/passwd',
    'ctr run --rm --runtime nosuch $I x1 true',
    'ctr run --rm --runtime io.containerd.nosuch.v2 $I x1 true',
    'ctr run --rm --runtime /nosuch/shim $I x1 true',
    "ctr run --rm $I 'bad id' true",
    'ctr run --rm --snapshotter nosuch $I x1 true',
    'ctr run --rm --read-only $I x1 touch /x',
    'ctr run --rm --env A=b $I x1 env',
    'ctr run --rm --cwd /tmp $I x1 pwd',
    'ctr containers ls',
    'ctr tasks ls',
  ],
  tasks: [
    'ctr run -d $I d1 sleep 1000',
    'ctr run -d $I d1 sleep 1000',
    'ctr containers rm d1',
    'ctr tasks ls',
    'ctr tasks ps d1',
    'ctr tasks exec --exec-id e1 d1 echo x',
    "ctr tasks exec --exec-id e1 d1 sh -c 'exit 5'",
    'ctr tasks exec --exec-id e1 d1 nosuch',
    "ctr tasks exec --exec-id 'b d' d1 ls",
    'ctr tasks pause d1',
    'ctr tasks ls',
    'ctr tasks pause d1',
    'ctr tasks exec --exec-id e2 d1 ls',
    'ctr tasks resume d1',
    'ctr tasks resume d1',
    'ctr tasks rm d1',
    'ctr tasks start d1',
    'ctr tasks kill -s 9 d1; sleep 0.3',
    'ctr tasks ls',
    'ctr tasks kill d1',
    'ctr tasks exec --exec-id e3 d1 ls',
    'ctr tasks rm d1',
    'ctr tasks rm d1',
    'ctr containers rm d1',
    'ctr containers ls',
  ],
  'a diff': [
    'ctr run $I w1 sh -c "echo changed > /etc/passwd; echo new > /new; rm /bin/ls"',
    'ctr snapshots diff w1 | gzip -dc | tar t | sort',
    'ctr containers rm w1',
  ],
  'the end': ['ctr images rm --sync $I; sleep 0.3', 'ctr content ls', 'ctr snapshots ls', 'ctr images ls'],
};

const missing = missingPeers();
if (missing !== undefined) t.pass('ctr on both', { skip: missing });
else await compare();

async function compare(): Promise<void> {
  const directories = [makeDirectory(), makeDirectory()] as const;
  // The real shim keeps containers of one namespace in one place, whoever started it.
  const names = [`cmp1-${process.pid}`, `cmp2-${process.pid}`] as const;
  const real = await startContainerd(directories[0], names[0]);
  const ours = await startOurs(directories[1], names[1], realShim);
  t.teardown(() => {
    for (const { child } of [real, ours]) child.kill('SIGTERM');
    for (const index of [0, 1] as const) removeStack(directories[index], names[index]);
  });
  const archive = busyboxArchive();
  for (const directory of directories) writeFileSync(join(directory, 'image.tar'), archive);
  for (const [name, lines] of Object.entries(commands))
    await t.test(name, async (t) => {
      for (const line of lines)
        t.same(await result(ours, line, names[1]), await result(real, line, names[0]), line, { command: line });
    });
  await t.test('events', async (t) => {
    const [our, their] = await Promise.all([eventsOfRun(ours), eventsOfRun(real)]);
    t.same(our, their);
    t.ok(our.includes('/tasks/exit 3'), 'the shim delivers the exit');
  });
  await t.test('what is left', async (t) => {
    await Promise.all([real.stop(), ours.stop()]);
    t.same(leftovers(directories[1]), []);
  });
}

/** What `ctr events` shows of one container's life: topics, and the exit status. */
async function eventsOfRun(stack: Stack): Promise<string[]> {
  await stack.ctr('images', 'import', `${stack.directory}/image.tar`);
  const events = stack.events();
  await until('events are heard', async () => {
    await stack.ctr('namespaces', 'label', 'heard', 'a=b');
    return events.text() !== '';
  });
  await stack.ctr('run', '--rm', image, 'e1', 'sh', '-c', 'exit 3');
  await until('the container is gone', () => events.text().includes('/containers/delete'));
  events.end();
  const lines = events
    .text()
    .split('\n')
    .filter((line) => /e1/.test(line));
  return lines.map((line) => {
    const status = /\/tasks\/exit .*"exit_status":(\d+)/.exec(line)?.[1];
    return `${/ (\/\S+) /.exec(line)?.[1]} ${status ?? ''}`.trim();
  });
}

/** How a command ended, without what differs from one run to the next. */
async function result(stack: Stack, command: string, namespace: string): Promise<Outcome> {
  const { directory } = stack;
  const line = command.replaceAll('$I', image).replaceAll('$A', `${directory}/image.tar`).replaceAll('$D', directory);
  const { code, stdout, stderr } = await stack.shell(line);
  const plain = (text: string): string =>
    text
      .replaceAll(directory, 'DIRECTORY')
      .replaceAll(namespace, 'NAMESPACE')
      .replace(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?( \+0000 UTC|Z)?/g, 'TIME')
      .replace(/(Less than a second|About a minute|\d+ seconds?)( ago)?/g, 'AGE')
      .replace(/snapshots\/\d+\//g, 'snapshots/N/')
      .replace(/NAMESPACE\/\d+\//g, 'NAMESPACE/N/')
      .replace(/^(d1\s+)\d+/gm, '$1PID')
      .replace(/^\d+(\s+-)$/gm, 'PID$1')
      .replace(/[^\s,]+=[^\s,]*(,[^\s,]+=[^\s,]*)+/g, (labels) => labels.split(',').sort().join(','))
      .replace(/[ \t]+/g, ' ')
      .replace(/ +$/gm, '');
  return { code, stdout: plain(stdout), stderr: plain(stderr) };
}
