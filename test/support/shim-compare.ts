/** Has the same done to containerd's shim and to ours, and compares what they tell. */
import t, { type Test } from 'tap';
import { until } from './run.ts';
import { noRealShim, ourShim, type PlaceOptions, realShim, ShimPlace } from './shim-place.ts';

/** Runs a scenario with either shim; both must tell the same. */
export function compare(
  name: string,
  scenario: (place: ShimPlace, t: Test) => Promise<unknown>,
  options: PlaceOptions['options'] = {},
): void {
  t.test(name, { skip: noRealShim }, async (t) => {
    const told: unknown[] = [];
    for (const shim of [realShim, ourShim]) {
      const place = new ShimPlace({ shim, options });
      await place.listen();
      try {
        told.push(normalize(await scenario(place, t), place));
      } catch (error) {
        throw new Error(`${shim}: ${(error as Error).message}`, { cause: error });
      } finally {
        await place.close();
      }
    }
    t.same(told[1], told[0]);
  });
}

/** What is told, without what differs by nature: the place's directory, pids, times. */
function normalize(value: unknown, { directory }: ShimPlace): unknown {
  const text = JSON.stringify(value, (key, each) => (/pid$/i.test(key) && each > 0 ? 'PID' : each));
  return JSON.parse(
    text.replaceAll(directory, 'DIR').replace(/"exitedAt":\{"seconds":\d+,"nanos":\d+\}/g, '"exitedAt":"TIME"'),
  );
}

/** Topics and payloads up to the first event of a topic. */
export async function eventsUpTo(place: ShimPlace, last: string): Promise<string[]> {
  await until(`${last} is told`, () => place.events.some(({ topic }) => topic === last));
  return place.events.map(({ topic, event }) => `${topic} ${event?.typeUrl}`);
}
