/** A process on its way into a container as the kernel shows it, in a few lines. */
import { listDirectory, readText } from '@drydock/linux/disk';
import { linkTarget } from './link.ts';

const namespaces = ['user', 'pid', 'mnt', 'net', 'ipc', 'uts', 'time', 'cgroup'];

/** Lines about a process; a namespace that is ours too is the host's. */
export function lookAt(pid: number): string {
  const at = `/proc/${pid}`;
  const status = readText(`${at}/status`);
  const field = (name: string) =>
    new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1]?.replaceAll('\t', ' ') ?? '';
  const own = namespaces.filter((name) => linkTarget(`${at}/ns/${name}`) !== linkTarget(`/proc/self/ns/${name}`));
  const descriptors = listDirectory(`${at}/fd`)
    .sort((a, b) => Number(a) - Number(b))
    .map((number) => `${number} → ${linkTarget(`${at}/fd/${number}`)}`);
  const mounts = readText(`${at}/mountinfo`).split('\n').filter(Boolean).length;
  return [
    `  namespaces of its own   ${own.join(' ') || 'none'}`,
    `  root, cwd               ${linkTarget(`${at}/root`)}, ${linkTarget(`${at}/cwd`)}`,
    `  mounts                  ${mounts}`,
    `  uid, gid, groups        ${field('Uid')} | ${field('Gid')} | ${field('Groups')}`,
    `  capabilities            effective ${field('CapEff')}, bounding ${field('CapBnd')}`,
    `  no_new_privs, seccomp   ${field('NoNewPrivs')}, ${field('Seccomp')} (${field('Seccomp_filters')} filters)`,
    `  memory                  ${field('VmRSS')} resident`,
    ...descriptors.map((text, index) => `  ${(index === 0 ? 'descriptors' : '').padEnd(22)}  ${text}`),
    '',
  ].join('\n');
}
