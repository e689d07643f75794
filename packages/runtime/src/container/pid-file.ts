/** The file that tells a caller the pid: decimal, no line end, whole or not there. */
import { Open, removeFile, rename, writeFile } from '@drydock/linux/disk';

export function writePidFile(path: string, pid: number): void {
  const slash = path.lastIndexOf('/') + 1;
  const temporary = `${path.slice(0, slash)}.${path.slice(slash)}`;
  writeFile(temporary, String(pid), Open.exclusive | Open.sync, 0o666);
  try {
    rename(temporary, path);
  } catch (error) {
    removeFile(temporary);
    throw error;
  }
}
