/** `publish` of either program, to either daemon: the same events and the same errors. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { packAny } from '@drydock/rpc/any';
import { TaskOOM } from '@drydock/rpc/generated/event_payloads';
import { Any } from '@drydock/rpc/generated/google';
import t from 'tap';
import { makeDirectory, missingPeers, realShim, startContainerd, startOurs, until } from './test-stacks.ts';

const programs = {
  theirs: ['containerd'],
  ours: [process.execPath, join(import.meta.dirname, 'main.ts')],
};

const event = Any.encode(packAny(TaskOOM, { containerId: 'c' }));
const calls: readonly (readonly [args: readonly string[], input: Uint8Array])[] = [
  [['--topic', '/tasks/oom', '--namespace', 'n'], event],
  [['--topic', '/tasks/oom', '--namespace', 'other'], event],
  [['--topic', '/a/topic/of-its_own', '--namespace', 'n'], event],
  [[], event],
  [['--namespace', 'n'], event],
  [['--topic', '/tasks/oom'], event],
  [['--topic', 'tasks', '--namespace', 'n'], event],
  [['--topic', '/', '--namespace', 'n'], event],
  [['--topic', '/tasks/oom', '--namespace', 'a/b'], event],
];

t.test('publish', { skip: missingPeers() ?? false }, async (t) => {
  const directory = makeDirectory();
  const [real, ours] = await Promise.all([startContainerd(directory, 'n'), startOurs(directory, 'n', realShim)]);
  const told: Record<string, unknown> = {};
  for (const [at, daemon] of Object.entries({ containerd: real, supervisor: ours }))
    for (const [by, command] of Object.entries(programs)) {
      const events = daemon.events();
      // Whoever listens hears what is said from now on: it is said again until it is heard.
      await until('somebody listens', async () => {
        await daemon.ctr('namespaces', 'create', `n-${Math.random()}`);
        return events.text() !== '';
      });
      const heard = events.text().length;
      const outcomes = calls.map(([args, input]) => {
        const [program = '', ...words] = [...command, '--address', daemon.socket, 'publish', ...args];
        const { status, stdout, stderr } = spawnSync(program, words, { input, encoding: 'utf8' });
        return { status, stdout, stderr: stderr.replace(/^(containerd|drydock-supervisor): /, '') };
      });
      const lines = (): string[] =>
        events
          .text()
          .slice(heard)
          .trim()
          .split('\n')
          .filter((line) => !/namespaces/.test(line));
      const succeeded = outcomes.filter(({ status }) => status === 0).length;
      await until('all that was published is heard', () => lines().length >= succeeded);
      events.end();
      told[`${by} to ${at}`] = { outcomes, lines: lines().map((line) => line.replace(/^.*UTC /, '')) };
    }
  await Promise.all([real.stop(), ours.stop()]);
  const [first, ...others] = Object.entries(told);
  t.match(first?.[1], { lines: [/^n \/tasks\/oom \{"container_id":"c"\}/] });
  for (const [name, each] of others) t.same(each, first?.[1], name);
  rmSync(directory, { recursive: true });
});

t.test('nobody there', (t) => {
  const main = programs.ours[1]!;
  const args = ['-a', '/nonexistent/socket', 'publish', '--topic', '/tasks/oom', '--namespace', 'n'];
  const { status, stderr } = spawnSync(process.execPath, [main, ...args], { input: event, encoding: 'utf8' });
  t.equal(status, 1);
  t.match(stderr, 'drydock-supervisor: failed to dial "/nonexistent/socket"');
  const garbage = spawnSync(process.execPath, [main, ...args], { input: '\xff\xffgarbage', encoding: 'latin1' });
  t.equal(garbage.status, 1);
  t.end();
});
