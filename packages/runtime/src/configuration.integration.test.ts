import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { mountOf } from './container/facts.ts';
import { type DraftSpec, Sandbox, unable } from './testing/sandbox.ts';

t.test('what config.json says is so in the container', { skip: unable }, async (t) => {
  const sandbox = new Sandbox();
  t.teardown(() => sandbox.remove());
  const version = existsSync('/sys/fs/cgroup/cgroup.controllers') ? 2 : 1;

  /** Runs a script in a container and answers what it printed; it must end with 0. */
  const shell = (script: string, edit?: (spec: DraftSpec) => void): string => {
    const { code, stdout, stderr } = sandbox.run(['run', '-b', sandbox.script(script, edit), sandbox.id()]);
    t.equal(code, 0, `${script}: ${stderr}`);
    return stdout;
  };

  await t.test('process: user, groups, environment, working directory, umask, limits', async (t) => {
    const output = shell('id; pwd; echo $HOME $A; umask; ulimit -n; cat /proc/self/oom_score_adj', (spec) => {
      spec.process.user = { uid: 1000, gid: 1001, additionalGids: [5, 6], umask: 0o27 };
      spec.process.cwd = '/made/up';
      spec.process.env = [...spec.process.env!, 'A=b'];
      spec.process.rlimits = [{ type: 'RLIMIT_NOFILE', soft: 100, hard: 200 }];
      spec.process.oomScoreAdj = 100;
    });
    t.equal(output, 'uid=1000(user) gid=1001 groups=5,6\n/made/up\n/home/user b\n0027\n100\n100\n');
  });

  await t.test('capabilities and no_new_privs', async (t) => {
    const output = shell('cat /proc/self/status', (spec) => {
      const sets = ['CAP_KILL', 'CAP_CHOWN', 'CAP_NET_RAW'];
      spec.process.capabilities = {
        bounding: sets,
        permitted: sets.slice(0, 2),
        effective: ['CAP_KILL'],
        inheritable: ['CAP_KILL'],
        ambient: ['CAP_KILL'],
      };
      spec.process.user = { uid: 1000, gid: 1000 };
    });
    const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)$`, 'm').exec(output)?.[1];
    t.same(['CapBnd', 'CapPrm', 'CapEff', 'CapInh', 'CapAmb'].map(field), [
      '0000000000002021',
      '0000000000000020',
      '0000000000000020',
      '0000000000000020',
      '0000000000000020',
    ]);
    t.equal(field('NoNewPrivs'), '1');
    const [sigpipe, sigxfsz] = [13n, 25n];
    const ignored = BigInt(`0x${field('SigIgn')}`);
    t.equal(ignored & ((1n << (sigpipe - 1n)) | (1n << (sigxfsz - 1n))), 0n, 'what engines ignore is not ignored');
    t.equal(field('SigBlk'), '0000000000000000');
    t.equal(field('Seccomp'), '0');
  });

  await t.test('namespaces are new, or shared, or joined by path', async (t) => {
    const own = (name: string) => readLink(`/proc/self/ns/${name}`);
    const output = shell('for n in pid net ipc uts mnt; do readlink /proc/self/ns/$n; done; hostname', (spec) => {
      spec.hostname = 'other';
    });
    const lines = output.trim().split('\n');
    for (const [index, name] of ['pid', 'net', 'ipc', 'uts', 'mnt'].entries()) t.not(lines[index], own(name), name);
    t.equal(lines[5], 'other');

    const shared = shell('readlink /proc/self/ns/net', (spec) => {
      spec.linux.namespaces = spec.linux.namespaces!.filter(({ type }) => type !== 'network');
    });
    t.equal(shared.trim(), own('net'));

    const id = sandbox.id();
    sandbox.run(['run', '-d', '-b', sandbox.bundle((spec) => (spec.process.args = ['sleep', '100'])), id]);
    const { pid } = JSON.parse(sandbox.run(['state', id]).stdout);
    const joined = shell('readlink /proc/self/ns/net; readlink /proc/self/ns/pid', (spec) => {
      spec.linux.namespaces = spec.linux.namespaces!.map(({ type = '' }) =>
        type === 'network' || type === 'pid'
          ? { type, path: `/proc/${pid}/ns/${type === 'network' ? 'net' : 'pid'}` }
          : { type },
      );
    });
    t.equal(joined, `${readLink(`/proc/${pid}/ns/net`)}\n${readLink(`/proc/${pid}/ns/pid`)}\n`);
    sandbox.run(['delete', '--force', id]);
  });

  await t.test('mounts with their options', async (t) => {
    const source = join(sandbox.directory, 'source');
    mkdirSync(source);
    writeFileSync(join(source, 'file'), 'contents\n');
    const output = shell(
      'cat /proc/self/mountinfo; cat /new/dir/file /single; touch /new/dir/x; touch /ro/x',
      (spec) => {
        spec.process.args![2] += '; true';
        spec.mounts!.push(
          { destination: '/new/dir', type: 'bind', source, options: ['rbind', 'nosuid', 'nodev'] },
          { destination: '/ro', type: 'bind', source, options: ['bind', 'ro', 'noexec', 'rprivate'] },
          { destination: '/single', type: 'bind', source: join(source, 'file'), options: ['bind', 'ro'] },
          { destination: '/data', type: 'tmpfs', source: 'tmpfs', options: ['size=1m', 'mode=0700', 'noatime'] },
        );
      },
    );
    const options = (point: string) =>
      new RegExp(` ${point} (\\S+) .*- (\\S+) \\S+ (\\S+)$`, 'm').exec(output)?.slice(1);
    t.match(options('/new/dir')?.[0], /^rw,nosuid,nodev/);
    t.match(options('/ro')?.[0], /^ro,noexec/);
    t.match(options('/single')?.[0], /^ro/);
    t.match(options('/data'), ['rw,noatime', 'tmpfs', /size=1024k,mode=700/]);
    t.match(output, /contents\ncontents\n$/);
    t.ok(existsSync(join(source, 'x')));
    t.match(options('/proc')?.[1], 'proc');
    t.match(options('/sys')?.[0], /^ro,nosuid,nodev,noexec/);
  });

  await t.test('options longer than fsconfig takes', async (t) => {
    const layers = ['a', 'b'].map((letter) => join(sandbox.directory, letter.repeat(200)));
    for (const [index, layer] of layers.entries()) {
      mkdirSync(layer);
      writeFileSync(join(layer, `file${index}`), `${index}`);
    }
    const output = shell('ls /merged; touch /merged/x || grep /merged /proc/self/mountinfo', (spec) => {
      const options = ['ro', 'nosuid', 'rslave', `lowerdir=${layers.join(':')}`];
      spec.mounts!.push({ destination: '/merged', type: 'overlay', source: 'overlay', options });
    });
    t.match(output, /^file0\nfile1\n.* \/merged ro,nosuid,relatime - overlay overlay /);
  });

  await t.test('propagation of the root file system', async (t) => {
    // Something to be a slave of there is only where the host's mounts are shared.
    const mountinfo = readFileSync('/proc/self/mountinfo', 'utf8');
    const line = mountinfo.split('\n').find((text) => text.split(' ')[4] === mountOf(sandbox.directory, mountinfo));
    const slave = / shared:/.test(line ?? '') ? 'master' : undefined;
    for (const propagation of ['private', 'rslave', 'rshared', 'unbindable'] as const) {
      const output = shell('grep " / rw" /proc/self/mountinfo', (spec) => {
        spec.linux.rootfsPropagation = propagation;
      });
      const tag = /relatime (\S+) - /.exec(output)?.[1]?.replace(/:.*/, '');
      t.equal(
        tag,
        { private: undefined, rslave: slave, rshared: 'shared', unbindable: 'unbindable' }[propagation],
        propagation,
      );
    }
    t.notOk(readFileSync('/proc/self/mountinfo', 'utf8').includes(sandbox.directory), 'nothing reaches the host');
  });

  await t.test('devices: the default ones, own ones, links', async (t) => {
    const output = shell(
      'ls /dev; stat -c %t:%T:%a:%u:%g /dev/null /dev/own/zero; echo x > /dev/full; cat /dev/nothere',
      (spec) => {
        spec.process.args![2] += '; true';
        spec.linux.devices = [
          { path: '/dev/own/zero', type: 'c', major: 1, minor: 5, fileMode: 0o620, uid: 7, gid: 8 },
        ];
      },
    );
    t.match(
      output,
      /^(core\n)?fd\nfull\nmqueue\nnull\nown\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n/,
    );
    t.match(output, '1:3:666:0:0\n1:5:620:7:8\n');
    const denied = sandbox.run([
      'run',
      '-b',
      sandbox.script('cat /dev/kmsg', (spec) => {
        spec.linux.devices = [{ path: '/dev/kmsg', type: 'c', major: 1, minor: 11 }];
      }),
      sandbox.id(),
    ]);
    t.match(denied.stderr, /Operation not permitted/, 'a device that no rule allows');
  });

  await t.test('masked, read-only, and a read-only root', async (t) => {
    const output = shell(
      'cat /proc/keys /etc/passwd; ls /sys/firmware; touch /x; touch /etc/x; touch /proc/sys/kernel/x; echo done',
      (spec) => {
        spec.root!.readonly = true;
        spec.linux.maskedPaths!.push('/etc/passwd', '/nosuch');
        spec.linux.readonlyPaths!.push('/etc', '/nosuch');
      },
    );
    t.equal(output, 'done\n');
    t.notOk(existsSync(join(sandbox.rootfs, 'x')));
    t.notOk(existsSync(join(sandbox.rootfs, 'etc/x')));
  });

  await t.test('sysctls of its own namespaces', async (t) => {
    const output = shell('cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni', (spec) => {
      spec.linux.sysctl = { 'net.ipv4.ip_forward': '1', 'kernel.shmmni': '99' };
    });
    t.equal(output, '1\n99\n');
  });

  await t.test('limits in its cgroup', async (t) => {
    const output = shell(
      'cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.shares cpu/cpu.cfs_quota_us pids/pids.max cpuset/cpuset.cpus 2>/dev/null || cat memory.max cpu.weight cpu.max pids.max cpuset.cpus',
      (spec) => {
        // Of version 2, a container without a namespace of cgroups sees the host's tree.
        if (version === 2) spec.linux.namespaces!.push({ type: 'cgroup' });
        spec.linux.resources = {
          ...spec.linux.resources,
          memory: { limit: 50 << 20, reservation: 20 << 20, swappiness: 10 },
          cpu: { shares: 256, quota: 20000, period: 100000, cpus: '0' },
          pids: { limit: 30 },
        };
      },
    );
    t.equal(output, version === 1 ? `${50 << 20}\n256\n20000\n30\n0\n` : `${50 << 20}\n10\n20000 100000\n30\n0\n`);
  });

  await t.test('a container of half a megabyte', async (t) => {
    const { code, stdout, stderr } = sandbox.run([
      'run',
      '-b',
      sandbox.script('echo small', (spec) => {
        spec.linux.resources = { ...spec.linux.resources, memory: { limit: 512 << 10 } };
      }),
      sandbox.id(),
    ]);
    t.same({ code, stdout, stderr }, { code: 0, stdout: 'small\n', stderr: '' });
    const tooSmall = sandbox.run([
      'create',
      '-b',
      sandbox.bundle((spec) => {
        spec.linux.resources = { ...spec.linux.resources, memory: { limit: 4096 } };
      }),
      sandbox.id(),
    ]);
    // Born in a cgroup of version 2, it is refused its first page; moved to one of version 1, it is killed for it.
    const reason =
      version === 1 ? /init was OOM-killed \(memory limit too low\?\)/ : /init process: cannot allocate memory/;
    t.match(tooSmall, { code: 1, stderr: reason });
  });

  await t.test('seccomp', async (t) => {
    const edit = (nnp: boolean) => (spec: DraftSpec) => {
      spec.process.noNewPrivileges = nnp;
      spec.linux.seccomp = {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [
          { names: ['mkdir', 'mkdirat', 'nosuchcall'], action: 'SCMP_ACT_ERRNO', errnoRet: 17 },
          { names: ['kill'], action: 'SCMP_ACT_ERRNO', args: [{ index: 1, value: 10, op: 'SCMP_CMP_EQ' }] },
        ],
      };
    };
    for (const nnp of [true, false]) {
      const { stdout, stderr } = sandbox.run([
        'run',
        '-b',
        sandbox.script('mkdir /x; kill -0 1 && echo may; kill -10 1; grep Seccomp: /proc/self/status', edit(nnp)),
        sandbox.id(),
      ]);
      t.match(stdout, /^may\nSeccomp:\s2\n$/);
      t.match(stderr, /mkdir: can't create directory '\/x': File exists\n.*kill.*Operation not permitted/);
    }
    t.ok(existsSync(join(sandbox.root, '.cache')), 'the filter is kept');
  });

  await t.test('hooks get the state at their time', async (t) => {
    const log = join(sandbox.directory, 'hooks.log');
    const hook = (name: string) => ({
      path: '/bin/sh',
      args: ['sh', '-c', `cat >> ${log}; echo " ${name} $(readlink /proc/self/ns/uts)" >> ${log}`],
    });
    const kinds = ['prestart', 'createRuntime', 'poststart', 'poststop'] as const;
    const id = sandbox.id();
    sandbox.run([
      'run',
      '-b',
      sandbox.script('true', (spec) => {
        spec.annotations = { a: 'b' };
        spec.hooks = {
          ...Object.fromEntries(kinds.map((kind) => [kind, [hook(kind)]])),
          createContainer: [
            { path: '/bin/sh', args: ['sh', '-c', `cat > /dev/null; echo "createContainer $(hostname)" >> ${log}`] },
          ],
          startContainer: [{ path: '/bin/touch', args: ['touch', '/inside'] }],
        };
        spec.hostname = 'hooked';
      }),
      id,
    ]);
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    t.same(
      lines.map((line) => line.replace(/.*} /, '').split(' ')[0]),
      ['prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop'],
    );
    t.match(JSON.parse(lines[0]!.replace(/(.*}) .*/, '$1')), {
      id,
      status: 'creating',
      pid: Number,
      bundle: String,
      annotations: { a: 'b' },
    });
    t.match(JSON.parse(lines[4]!.replace(/(.*}) .*/, '$1')), { id, status: 'stopped' });
    t.equal(lines[2], 'createContainer hooked', 'in the container, but not yet in its root');
    t.ok(existsSync(join(sandbox.rootfs, 'inside')), 'in the root of the container');
  });

  await t.test('descriptors: stdio and preserved ones alone', async (t) => {
    t.equal(shell('exec ls /proc/self/fd'), '0\n1\n2\n3\n', 'three, and that of ls');
    const file = openSync(join(sandbox.rootfs, 'etc/passwd'), 'r');
    const stdio = ['ignore', openSync(join(sandbox.directory, 'fds'), 'w'), 'ignore', file] as const;
    const bundle = sandbox.bundle((spec) => (spec.process.args = ['ls', '-l', '/proc/self/fd']));
    const given = sandbox.run(['run', '--preserve-fds', '1', '-b', bundle, sandbox.id()], { stdio: [...stdio] });
    t.equal(given.code, 0);
    const shown = readFileSync(join(sandbox.directory, 'fds'), 'utf8');
    t.match(shown, / 3 -> \S*\/etc\/passwd\n/);
    t.notMatch(shown, / 5 -> /, 'that of ls is the last');
    const absent = sandbox.run(['create', '--preserve-fds', '4', '-b', bundle, sandbox.id()], { stdio: [...stdio] });
    t.equal(absent.code, 1);
    t.match(absent.log.at(-1)?.msg, 'please check that preserved-fd 2 (of 4) is present');
  });

  await t.test('no pivot', async (t) => {
    const { code, stdout } = sandbox.run(['run', '--no-pivot', '-b', sandbox.script('ls /; pwd'), sandbox.id()]);
    t.match({ code, stdout }, { code: 0, stdout: /bin\n[\s\S]*\n\/\n$/ });
  });

  t.same(sandbox.leftovers(), []);
});

function readLink(path: string): string {
  return process.getBuiltinModule('node:fs').readlinkSync(path);
}
