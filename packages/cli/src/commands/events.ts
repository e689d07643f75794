/** `events`: what happens, as it happens. */
import type { EngineEvent } from '../api/types.ts';
import { command, filterQuery } from '../command.ts';
import { jsonObjects } from '../output/json-objects.ts';
import { render } from '../output/template.ts';
import { timestamp } from '../time.ts';

export const eventsCommand = command(
  'events',
  'get real time events from the server',
  (argv) =>
    argv.options({
      filter: { alias: 'f', type: 'string', array: true, nargs: 1, default: [] as string[] },
      format: { type: 'string', describe: 'a Go template, or json' },
      since: { type: 'string' },
      until: { type: 'string' },
    }),
  async (engine, { filter, format, since, until }) => {
    const query = { filters: filterQuery(filter), since: since && timestamp(since), until: until && timestamp(until) };
    const { body } = await engine.request('GET', '/events', { query });
    for await (const object of jsonObjects(body)) {
      if (format === 'json') console.log(JSON.stringify(object));
      else console.log(format === undefined ? eventText(object as EngineEvent) : render(format, object));
    }
  },
);

function eventText({ Type, Action, Actor, time, timeNano }: EngineEvent): string {
  const fraction = String(timeNano).slice(-9).padStart(9, '0');
  const moment = `${new Date(time * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
  const attributes = Object.entries(Actor.Attributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const details = attributes.length === 0 ? '' : ` (${attributes.map(([key, value]) => `${key}=${value}`).join(', ')})`;
  return `${moment} ${Type} ${Action} ${Actor.ID}${details}`;
}
