/** The shim's command line, as containerd calls it: Go flags, with one dash or two, then an action (shim v2 contract). */
import { parseArgs } from 'node:util';

export interface ShimArguments {
  readonly namespace: string;
  readonly id: string;
  /** The supervisor's gRPC socket; its event service is at the same path with `.ttrpc` behind it. */
  readonly address: string;
  readonly bundle: string;
  /** Serve at this path instead of on fd 3. */
  readonly socket: string;
  readonly debug: boolean;
  /** Wait for `Assign` before there is a container. */
  readonly spare: boolean;
  readonly version: boolean;
  readonly help: boolean;
  /** `start`, `delete`, or nothing: serve. */
  readonly action: string | undefined;
}

export const usage = `usage: containerd-shim-drydock-v2 [flags] [start|delete]

The shim of one container: serves containerd.task.v2.Task over ttrpc on the listening socket that it gets as fd 3.
  start   make the socket, start the shim, print its address (what containerd runs)
  delete  clean up after a shim that is gone, print a DeleteResponse

  -namespace NS       the container's namespace
  -id ID              the container
  -address PATH       the supervisor's socket; events go to PATH.ttrpc (TTRPC_ADDRESS in the environment wins)
  -publish-binary P   accepted, unused: events go over ttrpc
  -bundle DIR         the bundle, for delete
  -socket PATH        serve there instead of on fd 3
  -spare              serve without a container until one is assigned
  -debug              log more
  -v, -version        print the version
  -h, -help           print this`;

/** Parses the arguments behind the program's name. Throws with the name of a flag that is not known. */
export function parseShimArguments(argv: readonly string[]): ShimArguments {
  const text = { type: 'string', default: '' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values, positionals } = parseArgs({
    args: argv.map((word) => (/^-[a-z]{2,}/.test(word) ? `-${word}` : word)),
    options: {
      namespace: text,
      id: text,
      address: text,
      'publish-binary': text,
      bundle: text,
      socket: text,
      debug: flag,
      spare: flag,
      version: { ...flag, short: 'v' },
      help: { ...flag, short: 'h' },
    },
    allowPositionals: true,
  });
  const [action, ...rest] = positionals;
  if (rest.length > 0) throw new Error(`unexpected argument ${rest[0]}`);
  if (action !== undefined && action !== 'start' && action !== 'delete') throw new Error(`unknown action ${action}`);
  return { ...values, action };
}
