/** `checkpoint`: writes a running container to files, and ends it unless told otherwise. */
import type { Command } from '../cli/command.ts';
import { Container } from '../container/container.ts';
import { destroy } from '../container/destroy.ts';
import { sharedFlags } from '../criu/flags.ts';
import { Failure } from '../failure.ts';

export const checkpointCommand: Command = {
  name: 'checkpoint',
  summary: 'checkpoint a running container',
  usage: '<container-id>',
  flags: [
    { names: ['image-path'], kind: 'string', help: 'path for saving criu image files' },
    { names: ['parent-path'], kind: 'string', help: 'path for previous criu image files in pre-dump' },
    { names: ['leave-running'], kind: 'bool', help: 'leave the process running after checkpointing' },
    { names: ['status-fd'], kind: 'number', help: 'criu writes \\0 to this FD once lazy-pages is ready', default: -1 },
    { names: ['page-server'], kind: 'string', help: 'ADDRESS:PORT of the page server' },
    {
      names: ['pre-dump'],
      kind: 'bool',
      help: "dump container's memory information only, leave the container running after this",
    },
    { names: ['link-remap'], kind: 'bool', help: 'remap unlinked files back on filesystem' },
    { names: ['tcp-skip-in-flight'], kind: 'bool', help: 'skip in-flight tcp connections' },
    ...sharedFlags,
  ],
  arguments: [1, 1],
  flagsAnywhere: true,
  async run({ global, flags, args: [id = ''], log }) {
    const { checkpoint } = await import('../criu/checkpoint.ts');
    const { criuFlags, pageServer, parentPath } = await import('../criu/flags.ts');
    await Container.exclusively(global.root, id, async (container) => {
      const { status, directory, state, cgroup } = container;
      if (status === 'created' || status === 'stopped')
        throw new Failure(`Container cannot be checkpointed in ${status} state`);
      const shared = criuFlags(flags);
      const options = {
        ...shared,
        criu: global.criu,
        parentPath: parentPath(flags, shared.imagePath),
        leaveRunning: flags.bool('leave-running'),
        preDump: flags.bool('pre-dump'),
        linkRemap: flags.bool('link-remap'),
        tcpSkipInFlight: flags.bool('tcp-skip-in-flight'),
        pageServer: pageServer(flags.text('page-server')),
        statusFd: flags.number('status-fd') ?? -1,
      };
      try {
        await checkpoint(container, options);
      } finally {
        if (!options.leaveRunning && !options.preDump) {
          if (container.status === 'stopped') await destroy({ directory, state, cgroup, log });
          else log.error('container still running');
        }
      }
    });
    return undefined;
  },
};
