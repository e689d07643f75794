/** What `ps` shows of the shim: its command line names the container, or says that it is spare. */
import { setProcessName } from '@drydock/linux/process';

/** Sets the process's name and, where the engine can, its whole command line. */
export function setTitle(text: string): void {
  process.title = `containerd-shim-drydock-v2 ${text}`;
  setProcessName('containerd-shim');
}
