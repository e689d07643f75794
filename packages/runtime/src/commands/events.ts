/** `events`: the use that a container makes of the machine, and its out-of-memory kills, as lines of JSON. */

import { parseGoDuration } from '@drydock/oci/go-duration';
import type { Command } from '../cli/command.ts';
import { goJson } from '../cli/go-json.ts';
import { Container } from '../container/container.ts';
import { Failure } from '../failure.ts';

export const events: Command = {
  name: 'events',
  summary: 'display container events such as OOM notifications, cpu, memory, and IO usage statistics',
  usage: '<container-id>',
  flags: [
    { names: ['interval'], kind: 'duration', help: 'set the stats collection interval', default: '5s' },
    { names: ['stats'], kind: 'bool', help: "display the container's stats then exit" },
  ],
  arguments: [1, 1],
  flagsAnywhere: true,
  async run({ global, flags, args: [id = ''], log, print }) {
    const container = Container.load(global.root, id);
    const interval = parseGoDuration(flags.text('interval') ?? '5s') ?? 0;
    if (interval <= 0) throw new Failure('duration interval must be greater than 0');
    if (container.status === 'stopped') throw new Failure(`container with id ${id} is not running`);
    const { cgroupPaths: paths } = container.state;
    const { statsEvent } = await import('../events/stats.ts');
    const [{ statsV1 }, { statsV2 }] = [await import('../events/stats-v1.ts'), await import('../events/stats-v2.ts')];
    const { cacheStats } = await import('../events/cache-stats.ts');
    const { cacheGroupOf } = await import('../container/cache-control.ts');
    const group = cacheGroupOf(container);
    const use = () => {
      const stats = container.cgroup.version === 2 ? statsV2(paths[''] ?? '') : statsV1(paths);
      print(`${goJson(statsEvent(id, stats, cacheStats(group)))}\n`);
    };
    if (flags.bool('stats')) {
      use();
      return undefined;
    }
    const { watchOom } = await import('../events/oom.ts');
    const { streamEvents } = await import('../events/stream.ts');
    const watch = watchOom(paths);
    try {
      streamEvents({
        watch,
        interval,
        onUse: use,
        onOom: () => print(`${goJson({ type: 'oom', id })}\n`),
        onError: (message) => log.error(message),
      });
    } finally {
      watch.close();
    }
    return undefined;
  },
};
