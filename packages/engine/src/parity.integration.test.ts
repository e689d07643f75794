/** The same command on dockerd and on ours, both on real containerd: what they print and how they end must be equal. */
import t from 'tap';
import {
  busyboxArchive,
  missingPeers,
  type Outcome,
  startDockerd,
  startEngine,
  type TestEngine,
} from './test-engine.ts';

// Two engines and some sixty commands take longer than tap allows by itself.
t.setTimeout(600_000);

const run = 'docker run --rm --network none';

/** Shell commands. Identifiers, times and pids are made equal before they are compared. */
const commands = `
${run} busybox id
${run} busybox env
${run} -e A=1 -h foo busybox env
${run} -w /made/here busybox sh -c 'pwd; ls -ld /made/here | cut -c1-10'
${run} -w /etc/passwd busybox pwd
${run} -w rel busybox pwd
${run} -u 1000:1234 busybox id
${run} --group-add nosuch busybox id
${run} busybox cat /proc/self/status | grep -E 'Cap|Seccomp|NoNew'
${run} --cap-add SYS_ADMIN --cap-drop CHOWN busybox grep Cap /proc/self/status
${run} --cap-drop ALL busybox grep Cap /proc/self/status
${run} --security-opt no-new-privileges busybox grep NoNew /proc/self/status
${run} --security-opt bogus busybox true
${run} --tmpfs /t:size=1m,exec busybox grep ' /t ' /proc/mounts
${run} busybox ls -la /dev
${run} --dns 9.9.9.9 --dns-search a.b --dns-option ndots:2 --add-host q:1.2.3.4 busybox cat /etc/resolv.conf /etc/hosts
docker run --rm --network host busybox sh -c 'hostname; ls /sys/class/net'
${run} --ulimit nofile=100:200 busybox sh -c 'ulimit -n; ulimit -Hn'
${run} --sysctl net.ipv4.ip_forward=1 busybox cat /proc/sys/net/ipv4/ip_forward
${run} --shm-size 8m busybox grep shm /proc/mounts
${run} --device /dev/null:/dev/xnull busybox ls -l /dev/xnull
${run} --entrypoint '' busybox echo cleared
${run} --oom-score-adj 5000 busybox true
${run} --cpus 5000 busybox true
${run} --cpuset-cpus abc busybox true
${run} -m 64m --memory-swap 32m busybox true
${run} --restart bogus busybox true
docker run --rm --restart always busybox true
${run} --runtime nosuch busybox true
${run} --log-driver nosuch busybox true
${run} --ipc bogus busybox true
${run} -v rel/path:/h busybox true
${run} -v /a:/b:bogus busybox true
${run} --mount type=bind,src=/nonexistent-q,dst=/x busybox true
${run} -v /tmp:/x -v /var:/x busybox true
${run} --pid container:nosuch busybox true
${run} --domainname example.org -h hh busybox sh -c 'hostname; cat /proc/sys/kernel/domainname'
${run} busybox mount -t tmpfs x /tmp
docker run --rm --network nosuchnet busybox true
docker create --network none --name p busybox sleep 100
docker start p
docker inspect -f '{{json .Config}}' p
docker inspect -f '{{.State.Status}} {{.State.Running}} {{.State.ExitCode}} {{.RestartCount}} {{.Path}} {{.Args}}' p
docker exec p nosuch
docker exec -u nosuch p true
docker exec -w /nosuch p pwd
docker exec -e B=2 p env
docker pause p; docker exec p true; docker unpause p; docker unpause p
docker rename p p; docker rename p .x
docker update -m 1m p
docker kill -s NOPE p
docker cp p:/etc/passwd - | tar tf -
docker cp p:/nope -
docker rm p
docker stop -t 0 p; docker start p; docker stop -t 0 p; docker inspect -f '{{.State.ExitCode}}' p
docker logs p; docker rm p; docker rm p
docker volume create v; docker volume create --driver nosuch w; docker volume rm v; docker volume rm v
docker network ls --format '{{.Name}} {{.Driver}}'
docker network rm host
docker tag busybox Bad_UPPER; docker tag nosuch x; docker rmi nosuch
docker history --format '{{.CreatedBy}}' busybox
docker image inspect -f '{{json .RootFS}} {{.Id}} {{.Architecture}}' busybox
`
  .trim()
  .split('\n');

t.test('parity with dockerd', { skip: missingPeers('dockerd') ?? false, timeout: 600_000 }, async (t) => {
  const [ours, real] = [await startEngine(), await startDockerd()];
  t.teardown(async () => {
    await ours.stop();
    await real.stop();
  });
  const archive = await busyboxArchive(ours.directory);
  for (const engine of [ours, real]) await engine.docker('load', '-q', '-i', archive);
  await t.test('the default seccomp profile', async (t) => {
    const [us, them] = [await profileOf(ours), await profileOf(real)];
    const difference = (a: Profile, b: Profile) => a.allowed.filter((name) => !b.allowed.includes(name)).sort();
    // Docker 28's profile against 20.10's: calls that are newer, and those that were found to be dangerous.
    t.same(difference(them, us), ['io_uring_enter', 'io_uring_register', 'io_uring_setup', 'socket']);
    const newer =
      'cachestat fchmodat2 futex_requeue futex_wait futex_wake getxattrat listmount listxattrat map_shadow_stack mseal';
    const allowed =
      'name_to_handle_at pkey_alloc pkey_free pkey_mprotect process_vm_readv process_vm_writev removexattrat';
    const machines = 'riscv_hwprobe setxattrat statmount uretprobe';
    t.same(difference(us, them), `${newer} ${allowed} ${machines}`.split(' '));
    t.same(
      us.conditional.filter((rule) => !rule.includes('"socket"')),
      them.conditional,
    );
  });
  for (const command of commands) {
    const [a, b] = [await ours.shell(command), await real.shell(command)];
    t.same(comparable(a), comparable(b), command);
  }
});

function comparable({ code, stdout, stderr }: Outcome): object {
  const normalize = (text: string): string =>
    text
      // The clients of 20.10 tell so whether create or start refused, and whether their wait was quicker than their run.
      .replace(/^See 'docker run --help'\.\n|^time=.*error waiting for container: context canceled"\n/gm, '')
      .replace(/^WARNING: IPv4 forwarding is disabled.*\n/gm, '')
      .replace(/[0-9a-f]{64}/g, '<id>')
      .replace(/\b[0-9a-f]{12}\b/g, '<short id>')
      .replace(/\/tmp\/dd[er]-\w+/g, '<directory>')
      .replace(/\b[A-Z][a-z]{2} +\d+ \d\d:\d\d\b/g, '<time>')
      // The kernel of the reference's day had no such line.
      .replace(/^Seccomp_filters:.*\n/gm, '');
  return { code, stdout: normalize(stdout), stderr: normalize(stderr) };
}

interface Profile {
  readonly allowed: readonly string[];
  /** Rules with arguments or another answer, as text, in order. */
  readonly conditional: readonly string[];
}

/** The seccomp filter that a container really got: its runtime configuration is in containerd's bundle. */
async function profileOf(engine: TestEngine): Promise<Profile> {
  await engine.docker('run', '-d', '--network', 'none', '--name', 'profile', 'busybox', 'sleep', '100');
  const { stdout } = await engine.shell(`cat $(find ${engine.directory}/ctd-state -name config.json)`);
  await engine.docker('rm', '-f', 'profile');
  const rules: { names: string[]; action: string; args?: unknown; errnoRet?: number }[] =
    JSON.parse(stdout).linux.seccomp.syscalls;
  const plain = rules.filter(({ action, args }) => action === 'SCMP_ACT_ALLOW' && !args);
  const other = rules.filter((rule) => !plain.includes(rule));
  return {
    allowed: plain.flatMap(({ names }) => names),
    conditional: other.map(({ names, action, args, errnoRet }) => JSON.stringify({ names, action, args, errnoRet })),
  };
}
