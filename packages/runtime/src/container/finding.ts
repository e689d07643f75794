/** What is wrong with a command that execve(2) will refuse: the kernel says only "no such file or directory". */
import type { Container } from './container.ts';

/** What to add to the error, such as `: interpreter "/bin/nosuch" of the script is missing`; '' if nothing is wrong. */
export function findingAbout(_container: Container): string {
  return '';
}
