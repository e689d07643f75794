/** The shim's command line, as containerd calls it: Go flags, with one dash or two, then an action (shim v2 contract). */

export interface ShimArguments {
  readonly namespace: string;
  readonly id: string;
  /** The supervisor's gRPC socket; its event service is at the same path with `.ttrpc` behind it. */
  readonly address: string;
  /** The program that publishes events for a supervisor that names no ttrpc socket. */
  readonly publishBinary: string;
  readonly bundle: string;
  /** Serve at this path instead of on fd 3. */
  readonly socket: string;
  readonly debug: boolean;
  /** Wait for `Assign` before there is a container. */
  readonly spare: boolean;
  /** The process that started a spare, with which it shall end; 0 if it was not told. */
  readonly parent: number;
  /** Milliseconds that a shim without a container is there for somebody to connect. */
  readonly idleTimeout: number;
  readonly version: boolean;
  readonly info: boolean;
  readonly help: boolean;
  /** `start`, `delete`, or nothing: serve. */
  readonly action: string | undefined;
}

export const usage = `usage: containerd-shim-drydock-v2 [flags] [start|delete]

The shim of one container: serves containerd.task.v2.Task on the listening socket that it gets as fd 3, over ttrpc, and over
gRPC, with reflection, to who speaks that.
  start   make the socket, start the shim, print its address (what containerd runs); stdin has the task's options, or
          BootstrapParams, which are answered with a BootstrapResult
  delete  clean up after a shim that is gone, print a DeleteResponse

  -namespace NS       the container's namespace
  -id ID              the container
  -address PATH       the supervisor's socket; events go to PATH.ttrpc (TTRPC_ADDRESS in the environment wins)
  -publish-binary P   the program that publishes events where TTRPC_ADDRESS is not in the environment
  -bundle DIR         the bundle, for delete
  -socket PATH        serve there instead of on fd 3
  -spare              serve without a container until one is assigned, and end with the parent until then
  -parent PID         which process that is: it may be gone already
  -idle-timeout MS    end when there has been no container and no connection for so long [30000]
  -debug              log more
  -v, -version        print the version
  -info               read options from stdin, print a RuntimeInfo: what the shim and its runtime can do
  -h, -help           print this`;

const texts = ['namespace', 'id', 'address', 'publish-binary', 'bundle', 'socket', 'parent', 'idle-timeout'];
const switches: Readonly<Record<string, string>> = {
  debug: 'debug',
  spare: 'spare',
  version: 'version',
  v: 'version',
  info: 'info',
  help: 'help',
  h: 'help',
};

/**
 * Parses the arguments behind the program's name as Go's flag package does: `-flag value`, `-flag=value`, one dash or two.
 * Throws with the name of a flag that is not known. (`node:util`'s parser would cost each shim half a megabyte.)
 */
export function parseShimArguments(argv: readonly string[]): ShimArguments {
  const values: Record<string, string> = {};
  const on = new Set<string>();
  const words = [...argv];
  let action: string | undefined;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const match = /^--?([a-z][a-z-]*)(?:=(.*))?$/.exec(word);
    if (match === null) {
      if (action !== undefined) throw new Error(`unexpected argument ${word}`);
      action = word;
      continue;
    }
    const [, name = '', value] = match;
    const switched = switches[name];
    if (switched !== undefined) {
      if (value === undefined || value === 'true') on.add(switched);
    } else if (texts.includes(name)) {
      const text = value ?? words.shift();
      if (text === undefined) throw new Error(`flag needs an argument: -${name}`);
      values[name] = text;
    } else throw new Error(`flag provided but not defined: -${name}`);
  }
  if (action !== undefined && action !== 'start' && action !== 'delete') throw new Error(`unknown action ${action}`);
  const {
    namespace = '',
    id = '',
    address = '',
    bundle = '',
    socket = '',
    parent = '0',
    'idle-timeout': idle = '30000',
  } = values;
  if (!/^\d+$/.test(parent)) throw new Error(`invalid value "${parent}" for flag -parent: not a pid`);
  if (!/^\d+$/.test(idle)) throw new Error(`invalid value "${idle}" for flag -idle-timeout: not milliseconds`);
  const flags = {
    debug: on.has('debug'),
    spare: on.has('spare'),
    version: on.has('version'),
    info: on.has('info'),
    help: on.has('help'),
  };
  const publishBinary = values['publish-binary'] ?? '';
  return {
    namespace,
    id,
    address,
    publishBinary,
    bundle,
    socket,
    parent: Number(parent),
    idleTimeout: Number(idle),
    ...flags,
    action,
  };
}
