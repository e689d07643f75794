/** `POST /containers/{id}/wait`: the headers leave at once, the exit code when there is one. */
import type { WaitCondition } from '../../containers/container.ts';
import { compareVersions } from '../../version.ts';
import type { Endpoint } from '../context.ts';
import { text } from '../query.ts';
import { goJson, startStream } from '../reply.ts';

const conditions: Readonly<Record<string, WaitCondition>> = { 'next-exit': 'next-exit', removed: 'removed' };

export const waitEndpoint: Endpoint = {
  method: 'POST',
  path: '/containers/:name/wait',
  run: async ({ engine, name, query, version, reply }) => {
    const container = engine.containers.find(name);
    const condition = conditions[text(query, 'condition') ?? ''] ?? 'not-running';
    const stream = startStream(reply, 'application/json');
    // A client that leaves ends the wait; nobody reads the answer.
    const { exitCode, error } = await container
      .wait(condition, stream.signal)
      .catch(() => ({ exitCode: -1, error: 'context canceled' }));
    const failure = error === undefined ? null : { Message: error };
    const answer =
      failure === null && compareVersions(version, '1.42') >= 0
        ? { StatusCode: exitCode }
        : { Error: failure, StatusCode: exitCode };
    void stream.write(`${goJson(answer)}\n`);
    stream.end();
  },
};
