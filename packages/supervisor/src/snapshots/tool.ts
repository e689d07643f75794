/** Programs that a snapshotter works with: cp, dmsetup, mkfs. Each ends with the supervisor, however that ends. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program; answers what it prints. Rejects with what it says is wrong, or that it is not there. */
export async function runTool(program: string, args: readonly string[]): Promise<string> {
  try {
    // A copy that goes on after the supervisor was killed would get in the way of the next.
    const words = ['--pdeathsig', 'KILL', program, ...args];
    return (await execute('setpriv', words, { encoding: 'utf8', maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new Error(`${program} ${args[0] ?? ''}: ${stderr.trim() || message}`, { cause: error });
  }
}
