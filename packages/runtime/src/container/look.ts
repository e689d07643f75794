/** A process on its way into a container as the kernel shows it, in a few lines. */
import { listDirectory, readText } from '@drydock/linux/disk';
import { readStatus } from '../explain/status.ts';
import { linkTarget } from './link.ts';

const namespaces = ['user', 'pid', 'mnt', 'net', 'ipc', 'uts', 'time', 'cgroup'];

/** Lines about a process; a namespace that is ours too is the host's. */
export function lookAt(pid: number): string {
  const at = `/proc/${pid}`;
  const status = readStatus(pid);
  const own = namespaces.filter((name) => linkTarget(`${at}/ns/${name}`) !== linkTarget(`/proc/self/ns/${name}`));
  const descriptors = listDirectory(`${at}/fd`)
    .sort((a, b) => Number(a) - Number(b))
    .map((number) => `${number} → ${linkTarget(`${at}/fd/${number}`)}`);
  const mounts = readText(`${at}/mountinfo`).split('\n').filter(Boolean).length;
  return [
    `  namespaces of its own   ${own.join(' ') || 'none'}`,
    `  root, cwd               ${linkTarget(`${at}/root`)}, ${linkTarget(`${at}/cwd`)}`,
    `  mounts                  ${mounts}`,
    `  uid, gid, groups        ${status.Uid} | ${status.Gid} | ${status.Groups}`,
    `  capabilities            effective ${status.CapEff}, bounding ${status.CapBnd}`,
    `  no_new_privs, seccomp   ${status.NoNewPrivs}, ${status.Seccomp} (${status.Seccomp_filters} filters)`,
    `  memory                  ${status.VmRSS} resident`,
    ...descriptors.map((text, index) => `  ${(index === 0 ? 'descriptors' : '').padEnd(22)}  ${text}`),
    '',
  ].join('\n');
}
