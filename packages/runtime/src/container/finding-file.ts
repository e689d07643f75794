/** What `create` has found out about a command, for `start`: a file only if there is something wrong. */
import { Open, readTextIfPresent, writeFile } from '@drydock/linux/disk';

export function writeFinding(directory: string, finding: string): void {
  if (finding !== '') writeFile(`${directory}/finding`, finding, Open.truncate);
}

export function readFinding(directory: string): string {
  return readTextIfPresent(`${directory}/finding`) ?? '';
}
