/** A process that exchanges two names for each other, again and again, until it is killed or a minute has passed. */
import { SyscallError, trySyscall } from '../../packages/linux/src/syscall.ts';

const [currentDirectory, exchange] = [-100, 2];
const [one = '', other = ''] = process.argv.slice(2);
const end = Date.now() + 60_000;
while (Date.now() < end)
  for (let round = 0; round < 1000; round += 1) {
    const result = trySyscall('renameat2', currentDirectory, one, currentDirectory, other, exchange);
    if (result < 0) throw new SyscallError('renameat2', -result);
  }
