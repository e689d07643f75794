/** What the kernel keeps for the container's namespaces and its first process: names, sysctls, labels, scores. */
import { Errno, errnoText } from '@drydock/linux/errno';
import { Slot } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import type { Process, Spec } from '@drydock/oci/runtime-spec';
import { AT_FDCWD, flags, O } from './constants.ts';
import type { Host } from './host.ts';

const fails = (op: string) => (errno: number) => `error during container init: ${op}: ${errnoText(errno)}`;

/** Host name, domain name and sysctls. It runs before the root changes: the host's /proc/sys is no file of the image. */
export function compileNamespaceSettings(program: Program, { hostname, domainname, linux }: Spec): void {
  program.stage('settings', 'hostname');
  if (hostname) program.call('sethostname', [hostname, Buffer.byteLength(hostname)], { failure: fails('sethostname') });
  program.field('domainname');
  if (domainname)
    program.call('setdomainname', [domainname, Buffer.byteLength(domainname)], { failure: fails('setdomainname') });
  program.field('linux.sysctl');
  for (const [name, value] of Object.entries(linux?.sysctl ?? {}))
    writeFile(program, `/proc/sys/${name.replaceAll('.', '/')}`, value);
}

/** What only the host's /proc/self can set. `isFirst`: of the container's processes; runc says less of the others. */
export function compileProcessSettings(
  program: Program,
  process: Process,
  { oomScoreAdj: own, isFirst }: Pick<Host, 'oomScoreAdj'> & { readonly isFirst: boolean },
): void {
  program.stage('settings', 'process.oomScoreAdj');
  const { oomScoreAdj, apparmorProfile, selinuxLabel } = process;
  if (oomScoreAdj !== undefined && oomScoreAdj !== own)
    writeFile(program, '/proc/self/oom_score_adj', String(oomScoreAdj));
  program.field('process.selinuxLabel');
  if (selinuxLabel) writeFile(program, '/proc/self/attr/exec', selinuxLabel);
  program.field('process.apparmorProfile');
  if (apparmorProfile) changeProfile(program, apparmorProfile, isFirst);
}

/** The AppArmor profile from the next execve on. Before Linux 5.8 the file was not AppArmor's own. */
function changeProfile(program: Program, profile: string, isFirst: boolean): void {
  const [own, older] = ['/proc/self/attr/apparmor/exec', '/proc/self/attr/exec'];
  const text = `exec ${profile}`;
  const [absent, done] = [program.label(), program.label()];
  for (const path of [own, older]) {
    const file = new Slot(`fd of ${path}`);
    const op = `apparmor failed to apply profile: write ${path}`;
    const failure = isFirst
      ? fails(`unable to apply apparmor profile: ${op}`)
      : (errno: number) => `${op}: ${errnoText(errno)}`;
    const otherwise = path === own ? { tolerate: [Errno.ENOENT], onError: absent } : {};
    const how = flags(O.O_WRONLY, O.O_CLOEXEC);
    program.call('openat', [AT_FDCWD, path, how, 0], { store: file, ...otherwise, failure });
    program.call('write', [file, text, Buffer.byteLength(text)], { failure });
    program.call('close', [file], { onSuccess: done });
    if (path === own) program.place(absent);
  }
  program.place(done);
}

/** Writes a text to a file that exists, in one call. */
export function writeFile(program: Program, path: string, text: string): void {
  const file = new Slot(`fd of ${path}`);
  const how = flags(O.O_WRONLY, O.O_CLOEXEC);
  program.call('openat', [AT_FDCWD, path, how, 0], { store: file, failure: fails(`open ${path}`) });
  program.call('write', [file, text, Buffer.byteLength(text)], {
    failure: fails(`write ${path} (${text})`),
  });
  program.call('close', [file]);
}
