/** What `ps` shows of the shim: whose it is, or that it is spare. */
import { setCommandLine, setProcessName } from '@drydock/linux/process';

/** Names the process after its container; '' for a spare one. */
export function setTitle(namespace: string, id: string): void {
  setProcessName('containerd-shim');
  setCommandLine(['containerd-shim-drydock-v2', ...(id === '' ? ['-spare'] : ['-id', id, '-namespace', namespace])]);
}
