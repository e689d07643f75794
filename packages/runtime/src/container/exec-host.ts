/** What compiling an exec needs to know of the machine and of the container. */
import { readText } from '@drydock/linux/disk';
import { type Process, parseSpec } from '@drydock/oci/runtime-spec';
import type { Descriptors, Host } from '../compile/host.ts';
import type { Container } from './container.ts';
import { needsHome, processFacts, seccompFacts } from './facts.ts';
import { homeInside } from './home.ts';
import { readFilter } from './seccomp-file.ts';

/** The filter is the one that the container was made with, or that of its configuration if another runtime made it. */
export function execHost(container: Container, process: Process, descriptors: Descriptors): Host {
  const { pid, state, directory, cgroup } = container;
  return {
    ...processFacts({ entered: 'user' in state.namespaces }),
    descriptors,
    cgroup: { version: cgroup.version, directories: [] },
    rootParent: '/',
    sources: new Map(),
    copied: new Map(),
    prepared: new Map(),
    modes: new Map(),
    home: needsHome(process) ? homeInside(process.user?.uid ?? 0, pid) : '',
    seccomp: readFilter(directory, () => {
      const spec = parseSpec(readText(`${state.bundle}/config.json`));
      return seccompFacts(spec.linux?.seccomp, directory.slice(0, directory.lastIndexOf('/')));
    }),
  };
}
