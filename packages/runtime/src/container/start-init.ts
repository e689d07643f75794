/** The first process of a container that is made: its cgroup, the compiled program, and what the parent does meanwhile. */
import type { Cgroup } from '@drydock/linux/cgroups/cgroup';
import type { Hierarchies } from '@drydock/linux/cgroups/hierarchies';
import { closeFile, Open, openFile } from '@drydock/linux/disk';
import { syscall } from '@drydock/linux/syscall';
import type { Spec } from '@drydock/oci/runtime-spec';
import { unavailableCapabilities } from '../compile/capabilities.ts';
import { compileCreate, waitsForParent } from '../compile/create.ts';
import { cloneFlags, needsTwoChildren } from '../compile/namespaces.ts';
import { failingAsync } from '../failure.ts';
import { runHooks } from '../hooks/run.ts';
import { makeCgroup, startInCgroup } from './cgroup.ts';
import { ociState } from './container.ts';
import type { CreateOptions } from './create.ts';
import { behind } from './descriptors.ts';
import { gatherHost } from './gather-host.ts';
import { checkIds } from './ids.ts';
import { makePipe } from './init.ts';
import { openNamespaces } from './namespaces.ts';
import { prepareMounts } from './prepared-mounts.ts';
import { writeFilter } from './seccomp-file.ts';
import type { ContainerState } from './state.ts';
import type { Scope } from './systemd.ts';
import { writeMappings } from './user-namespace.ts';

export interface StartOptions extends CreateOptions {
  readonly rootfs: string;
  readonly directory: string;
  readonly state: ContainerState;
  readonly cgroup: Cgroup;
  /** What systemd is to make. */
  readonly scope: Scope | undefined;
  readonly mountinfo: string;
  readonly hierarchies: Hierarchies;
}

export interface Started {
  readonly pid: number;
  readonly cgroup: Cgroup;
}

/** The cgroup, the child, the hooks in between. The child is killed if something fails. */
export async function startInit(options: StartOptions): Promise<Started> {
  const { spec, directory, id, state, log } = options;
  checkIds(spec.process?.user);
  const { preserved, observer } = options;
  observer?.mark?.('check, make the state directory');
  const { startScope } = options.scope ? await import('./systemd.ts') : {};
  const letGo = options.scope && startScope?.(options.scope, spec, options.cgroup.version);
  const cgroup = makeCgroup(options.cgroup, spec, options);
  observer?.mark?.('make the cgroup');
  const { namespaces: wanted = [], uidMappings = [], gidMappings = [] } = spec.linux ?? {};
  const twoChildren = needsTwoChildren(wanted);
  const namespaces = openNamespaces(wanted, preserved);
  const report = makePipe(preserved);
  const go = waitsForParent(spec) ? makePipe(preserved) : undefined;
  const fifo = behind(preserved, makeFifo(`${directory}/exec.fifo`));
  const entry = cgroup.openEntry();
  const tasks = entry.tasks.map((descriptor) => behind(preserved, descriptor));
  const console = options.console === undefined ? undefined : behind(preserved, options.console);
  const prepared = await prepareMounts(spec, preserved);
  const steps = observer?.step ? makePipe(preserved) : undefined;
  const host = gatherHost(
    { ...options, cgroup, prepared },
    {
      report: report.write,
      go: go?.read,
      step: steps?.read,
      fifo,
      console,
      tasks,
      namespaces,
    },
  );
  const missing = unavailableCapabilities(spec.process?.capabilities ?? {}, host.boundingSet);
  if (missing.length > 0) log.warning(`ignoring unknown or unavailable capabilities: [${missing.join(' ')}]`);
  writeFilter(directory, host.seccomp);
  const compiled = compileCreate({ spec, rootfs: options.rootfs, options }, host);
  observer?.mark?.('gather facts, compile');
  const program = observer?.observe(compiled, host.descriptors) ?? compiled;
  const keep = [
    ...[...prepared.values()].map(({ descriptor }) => descriptor),
    fifo,
    ...tasks,
    ...Object.values(namespaces),
    ...(console === undefined ? [] : [console]),
  ];
  const init = startInCgroup(cgroup, entry.birthplace, {
    program,
    machine: host.machine,
    title: ['drydock-runtime', 'init', id],
    namespaces: cloneFlags(wanted),
    pidNamespace: twoChildren ? undefined : namespaces.pid,
    handsOver: twoChildren,
    preserved,
    keep,
    report,
    go,
    steps: steps && { pipe: steps, cloneAt: compiled.operations.findIndex(({ call }) => call === 'clone') },
  });
  letGo?.();
  try {
    const explainDeath = (exitCode: number) =>
      cgroup.oomKills() > 0
        ? 'container init was OOM-killed (memory limit too low?)'
        : `error during container init: it ended with exit code ${exitCode} before it was ready`;
    for (;;) {
      const milestone = init.next(explainDeath);
      if (milestone === 'ready') break;
      if (milestone === 'step') {
        observer?.step?.(init);
        init.step();
        continue;
      }
      if (milestone === 'mappings') await writeMappings(init.pid, { uids: uidMappings, gids: gidMappings });
      else if (milestone === 'listener') {
        const { sendListener } = await import('./seccomp-listener.ts');
        sendListener(init, spec.linux?.seccomp ?? {}, ociState({ ...state, pid: init.pid }, 'creating'));
      } else {
        await moveDevices(init.pid, spec);
        await runCreateHooks(spec, { ...state, pid: init.pid });
      }
      init.proceed();
    }
    observer?.ready?.(init);
    return { pid: init.pid, cgroup };
  } catch (error) {
    init.kill();
    throw error;
  } finally {
    init.close();
    for (const descriptor of keep) closeFile(descriptor);
  }
}

async function moveDevices(pid: number, { linux: { netDevices = {} } = {} }: Spec): Promise<void> {
  if (Object.keys(netDevices).length === 0) return;
  const { moveNetDevices } = await import('./net-devices.ts');
  moveNetDevices(pid, netDevices);
}

async function runCreateHooks({ hooks = {} }: Spec, state: ContainerState): Promise<void> {
  await failingAsync('error during container init', async () => {
    const creating = ociState(state, 'creating');
    await runHooks(hooks, 'prestart', { state: creating });
    await runHooks(hooks, 'createRuntime', { state: creating });
    await runHooks(hooks, 'createContainer', {
      state: creating,
      inside: { pid: state.pid, namespaces: Object.keys(state.namespaces) },
    });
  });
}

/** The FIFO that parts create from start, open for both directions. */
function makeFifo(path: string): number {
  syscall('mknodat', [-100, path, 0o010600, 0], `mkfifo ${path}`);
  return openFile(path, Open.readWrite);
}
