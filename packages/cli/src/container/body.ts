/** From the flags of `run` and `create` to the body of POST /containers/create. */
import { readFileSync } from 'node:fs';
import { parseBytes, parseMount, parsePorts, parseRestart, parseUlimit } from './values.ts';

/** The flags under their camelCase names. */
// biome-ignore lint/suspicious/noExplicitAny: yargs' own type of options in two spellings cannot be named
export type Flags = Readonly<Record<string, any>>;

/** Builds the body. `attached` says which streams the client will attach. Throws with the flag that is malformed. */
export function createBody(flags: Flags, image: string, program: readonly string[], attached: boolean): object {
  const ports = parsePorts(flags.publish);
  const { interactive, tty } = flags;
  return {
    Hostname: flags.hostname ?? '',
    Domainname: flags.domainname ?? '',
    User: flags.user ?? '',
    AttachStdin: attached && interactive,
    AttachStdout: attached,
    AttachStderr: attached,
    Tty: tty,
    OpenStdin: interactive,
    StdinOnce: attached && interactive,
    Env: [...flags.envFile.flatMap(readEnvFile), ...flags.env.map(withValue)],
    Cmd: program.length === 0 ? null : program,
    Image: image,
    WorkingDir: flags.workdir ?? '',
    Entrypoint: flags.entrypoint === undefined ? null : flags.entrypoint === '' ? [''] : [flags.entrypoint],
    Labels: pairs(flags.label),
    Volumes: Object.fromEntries(
      flags.volume.filter((text: string) => !text.includes(':')).map((text: string) => [text, {}]),
    ),
    ExposedPorts: Object.fromEntries(Object.keys(ports).map((port) => [port, {}])),
    ...(flags.stopSignal === undefined ? {} : { StopSignal: flags.stopSignal }),
    ...(flags.stopTimeout === undefined ? {} : { StopTimeout: flags.stopTimeout }),
    HostConfig: hostConfig(flags, ports),
    NetworkingConfig: { EndpointsConfig: {} },
  };
}

function hostConfig(flags: Flags, ports: object): object {
  const binds = flags.volume.filter((text: string) => text.includes(':'));
  return {
    Binds: binds.length === 0 ? null : binds,
    Mounts: flags.mount.map(parseMount),
    Tmpfs: Object.fromEntries(
      flags.tmpfs.map((text: string) => [text.split(':')[0], text.split(':').slice(1).join(':')]),
    ),
    VolumesFrom: flags.volumesFrom,
    PortBindings: ports,
    NetworkMode: flags.network ?? 'default',
    RestartPolicy: parseRestart(flags.restart),
    AutoRemove: flags.rm,
    CapAdd: flags.capAdd,
    CapDrop: flags.capDrop,
    CgroupnsMode: flags.cgroupns ?? '',
    CgroupParent: flags.cgroupParent ?? '',
    Dns: flags.dns,
    ExtraHosts: flags.addHost,
    GroupAdd: flags.groupAdd,
    IpcMode: flags.ipc ?? '',
    PidMode: flags.pid ?? '',
    UTSMode: flags.uts ?? '',
    UsernsMode: flags.userns ?? '',
    OomScoreAdj: flags.oomScoreAdj ?? 0,
    Privileged: flags.privileged,
    ReadonlyRootfs: flags.readOnly,
    SecurityOpt: flags.securityOpt.map(securityOption),
    ShmSize: bytes(flags, 'shmSize'),
    Sysctls: pairs(flags.sysctl),
    Runtime: flags.runtime ?? '',
    Init: flags.init ? true : null,
    Memory: bytes(flags, 'memory'),
    MemoryReservation: bytes(flags, 'memoryReservation'),
    MemorySwap: flags.memorySwap === '-1' ? -1 : bytes(flags, 'memorySwap'),
    NanoCpus: Math.round((flags.cpus ?? 0) * 1e9),
    CpuShares: flags.cpuShares ?? 0,
    CpuPeriod: flags.cpuPeriod ?? 0,
    CpuQuota: flags.cpuQuota ?? 0,
    CpusetCpus: flags.cpusetCpus ?? '',
    CpusetMems: flags.cpusetMems ?? '',
    PidsLimit: flags.pidsLimit ?? 0,
    Devices: flags.device.map(parseDevice),
    Ulimits: flags.ulimit.map(parseUlimit),
  };
}

function bytes(flags: Flags, name: string): number {
  const value = flags[name];
  if (value === undefined) return 0;
  return parseBytes(
    value,
    name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
  );
}

function pairs(list: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    list.map((text) => [text.split('=')[0], text.includes('=') ? text.slice(text.indexOf('=') + 1) : '']),
  );
}

/** `NAME` alone takes its value from our own environment, and is left out where there is none. */
function withValue(text: string): string {
  if (text.includes('=')) return text;
  const value = process.env[text];
  return value === undefined ? text : `${text}=${value}`;
}

function readEnvFile(path: string): string[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trimStart());
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map(withValue);
}

/** A seccomp profile is sent as its text, not as the path of its file. */
function securityOption(text: string): string {
  const [, path] = /^seccomp[=:](.+)$/.exec(text) ?? [];
  if (path === undefined || path === 'unconfined' || path === 'builtin') return text;
  return `seccomp=${readFileSync(path, 'utf8')}`;
}

function parseDevice(text: string): object {
  const [host = '', second, third] = text.split(':');
  const isMode = (word: string | undefined): boolean => /^[rwm]+$/.test(word ?? '');
  const inside = second === undefined || isMode(second) ? host : second;
  return { PathOnHost: host, PathInContainer: inside, CgroupPermissions: isMode(second) ? second : (third ?? 'rwm') };
}
