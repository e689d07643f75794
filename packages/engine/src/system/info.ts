/** `GET /info`. */
import { readdirSync, readFileSync } from 'node:fs';
import { hostPlatform } from '@drydock/oci/platform';
import { timestamp } from '../clock.ts';
import type { Engine } from '../engine.ts';
import { engineVersion } from '../version.ts';
import { containerdVersion } from './containerd-version.ts';

const machines: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' };

export async function systemInfo(engine: Engine): Promise<object> {
  const { config, host, containers, images } = engine;
  const all = containers.list();
  const count = (...statuses: string[]): number => all.filter(({ state }) => statuses.includes(state.status)).length;
  const has = (controller: string): boolean => host.controllers.has(controller);
  const containerd = await containerdVersion(engine);
  return {
    ID: engine.id,
    Containers: all.length,
    ContainersRunning: count('running', 'restarting'),
    ContainersPaused: count('paused'),
    ContainersStopped: count('created', 'exited', 'dead', 'removing'),
    Images: images.list().length,
    Driver: engine.containerd.snapshotter,
    DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']],
    Plugins: { Volume: ['local'], Network: ['host', 'null'], Authorization: null, Log: ['json-file', 'none'] },
    MemoryLimit: has('memory'),
    SwapLimit: host.swapLimit,
    CpuCfsPeriod: has('cpu'),
    CpuCfsQuota: has('cpu'),
    CPUShares: has('cpu'),
    CPUSet: has('cpuset'),
    PidsLimit: has('pids'),
    IPv4Forwarding: readFlag('/proc/sys/net/ipv4/ip_forward'),
    Debug: config.debug,
    NFd: readdirSync('/proc/self/fd').length,
    OomKillDisable: host.cgroupVersion === '1',
    NGoroutines: engine.jobs.list().filter(({ status }) => status === 'running').length,
    SystemTime: timestamp(),
    LoggingDriver: config.logDriver,
    CgroupDriver: 'cgroupfs',
    CgroupVersion: host.cgroupVersion,
    NEventsListener: engine.events.listeners,
    KernelVersion: host.kernel,
    OperatingSystem: host.operatingSystem,
    OSVersion: host.osVersion,
    OSType: 'linux',
    Architecture: machines[hostPlatform.architecture] ?? hostPlatform.architecture,
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: registryConfig(engine),
    NCPU: host.cpus,
    MemTotal: host.memory,
    GenericResources: null,
    DockerRootDir: config.dataRoot,
    HttpProxy: '',
    HttpsProxy: '',
    NoProxy: '',
    Name: host.hostname,
    Labels: config.labels,
    ExperimentalBuild: false,
    ServerVersion: engineVersion,
    Runtimes: Object.fromEntries([...config.runtimes].map(([name, path]) => [name, { path: path || 'runc' }])),
    DefaultRuntime: config.defaultRuntime,
    Swarm: {
      NodeID: '',
      NodeAddr: '',
      LocalNodeState: 'inactive',
      ControlAvailable: false,
      Error: '',
      RemoteManagers: null,
    },
    LiveRestoreEnabled: config.liveRestore,
    Isolation: '',
    InitBinary: config.initPath,
    ContainerdCommit: { ID: containerd.revision, Expected: containerd.revision },
    RuncCommit: { ID: '', Expected: '' },
    InitCommit: { ID: '', Expected: '' },
    SecurityOptions: host.seccomp ? ['name=seccomp,profile=builtin'] : [],
    Warnings: [
      'WARNING: no bridge network: containers get --network none unless they ask for host or container:NAME',
      ...(host.swapLimit ? [] : ['WARNING: No swap limit support']),
    ],
  };
}

function registryConfig({ config: { registries } }: Engine): object {
  const { insecure, mirrors } = registries;
  const ranges = insecure.filter((entry) => entry.includes('/'));
  const hosts = insecure.filter((entry) => !entry.includes('/'));
  const hub = { Name: 'docker.io', Mirrors: mirrors, Secure: true, Official: true };
  return {
    AllowNondistributableArtifactsCIDRs: [],
    AllowNondistributableArtifactsHostnames: [],
    InsecureRegistryCIDRs: [...ranges, '127.0.0.0/8'],
    IndexConfigs: {
      'docker.io': hub,
      ...Object.fromEntries(hosts.map((host) => [host, { Name: host, Mirrors: [], Secure: false, Official: false }])),
    },
    Mirrors: mirrors,
  };
}

function readFlag(path: string): boolean {
  return readFileSync(path, 'utf8').trim() === '1';
}
