/** The flags that make a container: those of `run` and `containers create`. */
import type { Argv } from 'yargs';
import { labelFlag, many, snapshotterFlag, wordsFlag } from './common.ts';

const text = (describe: string) => ({ type: 'string', default: '', describe }) as const;
const yes = (describe: string) => ({ type: 'boolean', default: false, describe }) as const;
const number = (describe: string, value = 0) => ({ type: 'number', default: value, describe }) as const;

export const containerFlags = (argv: Argv) =>
  labelFlag(snapshotterFlag(wordsFlag(argv)))
    .option('snapshotter-label', many("labels of the container's snapshot"))
    .option('config', { alias: 'c', ...text('file with the whole configuration') })
    .option('cwd', text('working directory'))
    .option('env', many('NAME=value'))
    .option('env-file', text('file of NAME=value lines'))
    .option('annotation', many('key=value'))
    .option('mount', many('type=bind,src=/a,dst=/b,options=rbind:ro'))
    .option('net-host', yes("the host's network"))
    .option('privileged', yes('all rights and devices'))
    .option('privileged-without-host-devices', yes('with --privileged: no devices'))
    .option('read-only', yes('a root filesystem that cannot be written to'))
    .option('runtime', { type: 'string', default: 'io.containerd.runc.v2', describe: 'runtime' })
    .option('runtime-config-path', text("the runtime's configuration"))
    .option('tty', { alias: 't', ...yes('allocate a terminal') })
    .option('with-ns', many('type:path of a namespace to join'))
    .option('pid-file', text('file for the pid'))
    .option('gpus', many('number of a GPU'))
    .option('allow-new-privs', yes('leave no_new_privs off'))
    .option('memory-limit', number('bytes'))
    .option('device', many('device, or directory of devices'))
    .option('cap-add', many('CAP_NAME'))
    .option('cap-drop', many('CAP_NAME'))
    .option('seccomp', yes('filter system calls'))
    .option('seccomp-profile', text('file with the profile'))
    .option('apparmor-default-profile', text('AppArmor profile, one that is loaded'))
    .option('apparmor-profile', text('AppArmor profile'))
    .option('rdt-class', text('class of cache and memory bandwidth'))
    .option('rootfs', yes('IMAGE is a directory'))
    .option('pivot', { type: 'boolean', default: true, describe: 'pivot_root; --no-pivot for none' })
    .option('cpu-quota', number('microseconds of CPU time a period', -1))
    .option('cpu-period', number('microseconds'))
    .option('cpu-burst', number('microseconds'))
    .option('cpuset-cpus', text('processors'))
    .option('cpuset-mems', text('memory nodes'))
    .option('rootfs-propagation', text('propagation of the root mount'))
    .option('user', text('user[:group], names or numbers'))
    .option('hostname', text('host name'))
    .option('rlimit-nofile', text('soft[:hard]'));

/** The flags as a command gets them. */
export type ContainerFlags = Awaited<ReturnType<typeof containerFlags>['argv']>;

/** What only `run` has of those that shape the container. */
export const runOnlyFlags = <T>(argv: Argv<T>) =>
  argv
    .option('cgroup', { type: 'string', describe: 'cgroup path; empty for none' })
    .option('platform', text("the image's platform: os/arch[/variant]"))
    .option('runc-binary', text('OCI runtime'))
    .option('runc-root', text("the OCI runtime's --root"))
    .option('runc-systemd-cgroup', yes('systemd makes the cgroup'))
    .option('uidmap', many('container:host:size'))
    .option('gidmap', many('container:host:size'))
    .option('remap-labels', yes('the snapshotter shifts ids'))
    .option('cpus', number('processors'))
    .option('cpu-shares', number('CPU shares', 1024));

export type RunOnlyFlags = Awaited<ReturnType<typeof runOnlyFlags<object>>['argv']>;
