/** Cgroups where there is only version 2, as runc and crun make them there. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { type DraftSpec, runtimeUnderTest, Sandbox, unable } from './testing/sandbox.ts';

const mountPoint = '/sys/fs/cgroup';
const skip = unable || (!existsSync(`${mountPoint}/cgroup.controllers`) && 'needs cgroup v2 alone');
const runtimes = { ours: runtimeUnderTest, runc: ['runc'], crun: ['crun'] } as const;
type Name = keyof typeof runtimes;
const names = Object.keys(runtimes) as Name[];
/** The disk of the virtual machine. */
const disk = { major: 259, minor: 0 };

t.test('cgroup v2', { skip }, async (t) => {
  const sandbox = new Sandbox();
  t.teardown(() => sandbox.remove());
  const places = Object.fromEntries(
    names.map((name) => [name, sandbox.as(runtimes[name], join(sandbox.directory, name))]),
  ) as Record<Name, Sandbox>;

  /** Runs a container in the background in each runtime, looks, and deletes it. */
  const inEach = <T>(
    edit: (spec: DraftSpec) => void,
    look: (place: Sandbox, id: string, cgroup: string) => T,
    who: readonly Name[] = names,
  ): Record<Name, T> => {
    const seen = who.map((name) => {
      const place = places[name];
      const id = sandbox.id();
      const bundle = sandbox.bundle((spec) => {
        // The newest that crun 1.8 knows.
        spec.ociVersion = '1.0.2';
        spec.process.args = ['sleep', '1000'];
        spec.linux.cgroupsPath = `/drydock-test/${id}`;
        edit(spec);
      });
      const { code, stderr } = place.run(['run', '-d', '-b', bundle, id]);
      t.equal(code, 0, `${name}: ${stderr}`);
      const cgroup = `${mountPoint}/drydock-test/${id}`;
      const result = look(place, id, cgroup);
      const deleted = place.run(['delete', '--force', id]);
      t.same([deleted.code, existsSync(cgroup)], [0, false], `${name} leaves no cgroup: ${deleted.stderr}`);
      return [name, result];
    });
    return Object.fromEntries(seen);
  };
  const files = (cgroup: string, ...list: readonly string[]) =>
    Object.fromEntries(list.map((file) => [file, readFileSync(join(cgroup, file), 'utf8').trim()]));
  const limits = [
    ...['memory.max', 'memory.low', 'memory.swap.max', 'memory.high', 'cpu.weight', 'cpu.max', 'cpuset.cpus'],
    ...['cpuset.mems', 'pids.max', 'io.weight', 'io.max', 'hugetlb.2MB.max'],
  ];

  await t.test('limits', async (t) => {
    const { ours, runc, crun } = inEach(
      (spec) => {
        spec.linux.resources = {
          ...spec.linux.resources,
          memory: { limit: 64 << 20, reservation: 32 << 20, swap: 96 << 20 },
          cpu: { shares: 512, quota: 25_000, period: 50_000, cpus: '0-1', mems: '0' },
          pids: { limit: 50 },
          blockIO: {
            weight: 100,
            throttleReadBpsDevice: [{ ...disk, rate: 1 << 20 }],
            throttleWriteIOPSDevice: [{ ...disk, rate: 100 }],
          },
          hugepageLimits: [{ pageSize: '2MB', limit: 4 << 20 }],
          unified: { 'memory.high': String(48 << 20) },
        };
      },
      (_, __, cgroup) => files(cgroup, ...limits),
    );
    t.same(ours, runc, 'as runc');
    t.same(ours, crun, 'as crun');
    t.match(ours, { 'memory.swap.max': String(32 << 20), 'cpu.max': '25000 50000', 'io.max': /259:0 rbps=1048576/ });
  });

  await t.test('limits that are changed', async (t) => {
    const changes = ['--memory', '96m', '--memory-swap', '128m', '--cpu-share', '2048', '--pids-limit', '77'];
    const { ours, runc } = inEach(
      (spec) => (spec.linux.resources!.memory = { limit: 64 << 20 }),
      (place, id, cgroup) => [place.run(['update', ...changes, id]).code, files(cgroup, ...limits)],
    );
    t.same(ours, runc);
  });

  await t.test('no limits', async (t) => {
    const { ours, runc } = inEach(
      () => {},
      (_, __, cgroup) => files(cgroup, ...limits),
    );
    t.same(ours, runc);
  });

  await t.test('devices, by a program that the kernel asks', async (t) => {
    const script = [
      'mknod /n c 1 3; mknod /z c 1 5; mknod /d b 259 0; mknod /f c 10 229',
      'for d in /n /z /d /f /dev/full /dev/tty; do (exec < $d) 2>/dev/null && echo read $d; (exec 3> $d) 2>/dev/null && echo write $d; done',
    ].join('; ');
    const { ours, runc, crun } = inEach(
      (spec) => {
        spec.process.capabilities!.bounding = [...spec.process.capabilities!.bounding!, 'CAP_MKNOD'];
        spec.linux.resources!.devices = [
          { allow: false, access: 'rwm' },
          { allow: true, type: 'c', major: 10, minor: 229, access: 'r' },
          { allow: true, type: 'b', major: 259, minor: 0, access: 'rm' },
        ];
      },
      (place, id) => {
        const { stdout } = place.run(['exec', '--cap', 'CAP_MKNOD', id, '/bin/sh', '-c', script]);
        place.run(['exec', id, 'rm', '/n', '/z', '/d', '/f']);
        return stdout;
      },
    );
    t.same(ours, runc, 'as runc');
    t.same(ours, crun, 'as crun');
    t.match(ours, 'read /d\n');
    t.notMatch(ours, 'write /d\n');
  });

  await t.test('processes of exec are in it, and are counted', async (t) => {
    // The threads that runc needs for an exec are more than this limit.
    const { ours } = inEach(
      (spec) => (spec.linux.resources!.pids = { limit: 5 }),
      (place, id, cgroup) => {
        const { code } = place.run(['exec', '-d', id, 'sleep', '1000']);
        const inside = readFileSync(join(cgroup, 'cgroup.procs'), 'utf8').trim().split('\n').length;
        const { stderr } = place.run(['exec', id, 'sh', '-c', 'for i in 1 2 3 4 5 6; do sleep 1 & done']);
        return { code, inside, refused: /fork/.test(stderr) };
      },
      ['ours'],
    );
    t.same(ours, { code: 0, inside: 2, refused: true });
  });

  await t.test('freezing', async (t) => {
    const { ours, runc } = inEach(
      () => {},
      (place, id, cgroup) => {
        const seen = [];
        for (const verb of ['pause', 'resume'])
          seen.push([place.run([verb, id]).code, place.status(id), files(cgroup, 'cgroup.freeze')]);
        place.run(['pause', id]);
        return seen;
      },
    );
    t.same(ours, [
      [0, 'paused', { 'cgroup.freeze': '1' }],
      [0, 'running', { 'cgroup.freeze': '0' }],
    ]);
    t.same(ours, runc);
  });

  await t.test('out of memory', async (t) => {
    const eater = ['exec', 'ID', 'dd', 'if=/dev/zero', 'of=/dev/null', 'bs=100M', 'count=1'];
    const { ours, runc } = inEach(
      (spec) => (spec.linux.resources!.memory = { limit: 32 << 20, swap: 32 << 20 }),
      (place, id, cgroup) => {
        const { code } = place.run(eater.map((word) => (word === 'ID' ? id : word)));
        return [code, /^oom_kill 1$/m.test(readFileSync(join(cgroup, 'memory.events'), 'utf8'))];
      },
    );
    t.same(ours, [137, true]);
    t.same(ours, runc);
  });

  await t.test('cgroups that the container makes go with it', async (t) => {
    const { ours } = inEach(
      () => {},
      (_, __, cgroup) => mkdirSync(join(cgroup, 'below/deeper'), { recursive: true }),
    );
    t.type(ours, 'string');
  });

  await t.test('without a path, it is beside the own cgroup', async (t) => {
    const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '';
    const { ours, runc } = inEach(
      (spec) => (spec.linux.cgroupsPath = ''),
      (place, id) => {
        const pid = JSON.parse(place.run(['state', id]).stdout).pid;
        return readFileSync(`/proc/${pid}/cgroup`, 'utf8').replace(id, 'ID');
      },
      ['ours', 'runc'],
    );
    t.same(ours, `0::${own.slice(0, own.lastIndexOf('/'))}/ID\n`);
    t.same(ours, runc);
  });

  await t.test('below a cgroup that has processes', async (t) => {
    const busy = `${mountPoint}/drydock-busy`;
    mkdirSync(busy);
    const holder = sandbox.id();
    sandbox.run(['run', '-d', '-b', sandbox.bundle((spec) => (spec.process.args = ['sleep', '1000'])), holder]);
    writeFileSync(join(busy, 'cgroup.procs'), String(JSON.parse(sandbox.run(['state', holder]).stdout).pid));
    for (const [what, resources] of Object.entries({ nothing: {}, memory: { memory: { limit: 64 << 20 } } })) {
      const answers = (['ours', 'runc'] as const).map((name) => {
        const id = sandbox.id();
        const bundle = sandbox.bundle((spec) => {
          spec.ociVersion = '1.0.2';
          spec.process.args = ['true'];
          spec.linux.cgroupsPath = `/drydock-busy/${id}`;
          spec.linux.resources = resources;
        });
        return places[name].run(['run', '-b', bundle, id]).code;
      });
      t.equal(answers[0], answers[1], `as runc: ${what}`);
    }
    sandbox.run(['delete', '--force', holder]);
    await sleep(100);
    t.same(
      readdirSync(busy).filter((name) => name.startsWith('test-')),
      [],
    );
    rmdirSync(busy);
  });

  t.same(sandbox.leftovers(), []);
});
