/** `pprof`: profiles of a containerd written in Go, from its debug socket. Ours has none: `kill -USR1` opens Node's inspector. */
import { Agent, request } from 'undici';
import type { Argv } from 'yargs';
import { type AnyCommand, group } from '../command.ts';

interface Profile {
  readonly usage: string;
  readonly describe: string;
  readonly path: string;
  readonly seconds?: number;
}

const profiles: readonly Profile[] = [
  { usage: 'block', describe: 'where goroutines wait', path: 'block' },
  { usage: 'goroutines', describe: 'stacks of all goroutines', path: 'goroutine?debug=2' },
  { usage: 'heap', describe: 'memory', path: 'heap' },
  { usage: 'profile', describe: 'CPU time', path: 'profile', seconds: 30 },
  { usage: 'threadcreate', describe: 'where threads were made', path: 'threadcreate' },
  { usage: 'trace', describe: 'an execution trace', path: 'trace', seconds: 5 },
];

export const pprofCommand = ((): AnyCommand => {
  const all = group(['pprof'], "profiles of containerd's Go runtime", profiles.map(profileCommand));
  return {
    ...all,
    builder: (argv: Argv) =>
      all.builder(
        argv.option('debug-socket', {
          alias: 'd',
          type: 'string',
          default: '/run/containerd/debug.sock',
          describe: 'the debug socket',
        }) as Argv,
      ),
  };
})();

function profileCommand({ usage, describe, path, seconds }: Profile): AnyCommand {
  return {
    command: usage,
    describe,
    builder: (argv: Argv) =>
      seconds === undefined
        ? argv
        : argv.option('seconds', { alias: 's', type: 'number', default: seconds, describe: 'how long' }),
    handler: async (args: { debugSocket: string; seconds?: number }) => {
      const dispatcher = new Agent({ connect: { socketPath: args.debugSocket } });
      const url = `http://./debug/pprof/${path}${args.seconds === undefined ? '' : `?seconds=${args.seconds}`}`;
      try {
        const response = await request(url.replace('http://.', 'http://localhost'), { dispatcher });
        for await (const chunk of response.body) process.stdout.write(chunk);
      } catch (error) {
        throw new Error(`Get "${url}": dial unix ${args.debugSocket}: ${reason(error)}`, { cause: error });
      }
    },
  };
}

function reason(error: unknown): string {
  const { code } = error as { code?: string };
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'connect: no such file or directory',
    ECONNREFUSED: 'connect: connection refused',
  };
  return words[code ?? ''] ?? (error as Error).message;
}
