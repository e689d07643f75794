/** `run`: an image, a snapshot, a container, a task. */
import { jsonAny, jsonTypes, packAny } from '@drydock/rpc/any';
import { Options } from '@drydock/rpc/generated/runc_options';
import type { Argv } from 'yargs';
import { command, programOf } from '../command.ts';
import { followTask } from '../run/follow.ts';
import { readImage } from '../run/image.ts';
import { makeSpec } from '../run/spec.ts';
import { openStreams } from '../run/streams.ts';
import { ExitStatus } from '../status.ts';
import { deleteContainer } from './containers.ts';

const options = (argv: Argv) =>
  argv
    .option('rm', { type: 'boolean', default: false, describe: 'remove the container afterwards' })
    .option('detach', { alias: 'd', type: 'boolean', default: false, describe: 'do not wait for the end' })
    .option('tty', { alias: 't', type: 'boolean', default: false, describe: 'allocate a terminal' })
    .option('null-io', { type: 'boolean', default: false, describe: 'send all streams to /dev/null' })
    .option('fifo-dir', { type: 'string', default: '/run/drydock/fifo', describe: 'directory of the FIFOs' })
    .option('runtime', { type: 'string', default: 'io.containerd.runc.v2', describe: 'runtime name' })
    .option('runc-binary', { type: 'string', default: '', describe: 'OCI runtime' })
    .option('runc-root', { type: 'string', default: '', describe: "the OCI runtime's --root" })
    .option('snapshotter', { type: 'string', default: 'overlayfs' })
    .option('cwd', { type: 'string', describe: 'working directory' })
    .option('env', { type: 'string', array: true, default: [] as string[], nargs: 1, describe: 'NAME=value' })
    .option('label', { type: 'string', array: true, default: [] as string[], nargs: 1, describe: 'key=value' })
    .option('mount', {
      type: 'string',
      array: true,
      default: [] as string[],
      nargs: 1,
      describe: 'type=bind,src=,dst=,options=',
    })
    .option('net-host', { type: 'boolean', default: false, describe: "the host's network" })
    .option('privileged', { type: 'boolean', default: false })
    .option('read-only', { type: 'boolean', default: false })
    .option('memory-limit', { type: 'number', default: 0, describe: 'bytes' })
    .option('cpus', { type: 'number', default: 0 });

export const runCommand = command(
  'run',
  'run [flags] IMAGE ID [ARGUMENT...]: run a container',
  options,
  async (supervisor, args) => {
    const { snapshotter, tty, detach } = args;
    const [image, id, ...program] = programOf(args);
    if (image === undefined) throw new Error('image ref must be provided');
    if (id === undefined) throw new Error('container id must be provided');
    if (args.rm && detach) throw new Error('flags --detach and --rm cannot be specified together');
    const { config, chain } = await readImage(supervisor, image);
    const spec = makeSpec({
      ...args,
      args: program,
      id,
      config,
      namespace: supervisor.namespace,
      terminal: tty,
      mounts: args.mount,
    });
    const labels = Object.fromEntries(
      args.label.map((text) => [text.split('=')[0] ?? '', text.slice(text.indexOf('=') + 1)]),
    );
    const runtimeOptions = packAny(Options, { binaryName: args.runcBinary, root: args.runcRoot });
    await supervisor.withLease(async (leased) => {
      await leased.snapshots.prepare({ snapshotter, key: id, parent: chain });
      const runtime = { name: args.runtime, options: runtimeOptions };
      const container = {
        id,
        image,
        labels,
        runtime,
        snapshotter,
        snapshotKey: id,
        spec: jsonAny(jsonTypes.spec, spec),
      };
      await leased.containers.create({ container }).catch(async (error: unknown) => {
        await leased.snapshots.remove({ snapshotter, key: id });
        throw error;
      });
    });
    const streams = openStreams(args.fifoDir, id, { terminal: tty, detached: detach || args.nullIo });
    try {
      const { mounts: rootfs } = await supervisor.snapshots.mounts({ snapshotter, key: id });
      await supervisor.tasks.create({ containerId: id, rootfs, ...streams.paths, options: runtimeOptions });
      const code = await followTask(supervisor, { containerId: id, execId: '' }, streams, detach);
      if (code !== 0) throw new ExitStatus(code);
    } finally {
      streams.close();
      if (args.rm) await deleteContainer(supervisor, id);
    }
  },
);
