import t from 'tap';
import { type EngineEvent, eventJson } from './event.ts';
import { Events } from './events.ts';
import { eventPasses } from './filter.ts';

const container = {
  type: 'container',
  id: 'abc',
  attributes: { name: 'web', image: 'busybox:1', tier: 'front' },
} as const;

t.test('events are remembered and streamed', async (t) => {
  const events = new Events();
  const seen: EngineEvent[] = [];
  const stop = events.subscribe((event) => seen.push(event));
  events.publish({ ...container, action: 'start' });
  stop();
  events.publish({ ...container, action: 'die' });
  t.equal(seen.length, 1);
  t.equal(events.since(0n).length, 2);
  t.match(
    eventJson(seen[0]!),
    /^\{"status":"start","id":"abc","from":"busybox:1","Type":"container".*"timeNano":\d{19}\}$/,
  );
  for (let n = 0; n < 300; n++) events.publish({ ...container, action: 'top' });
  t.equal(events.since(0n).length, 256);
});

t.test('filters', async (t) => {
  const events = new Events();
  events.publish({ ...container, action: 'exec_create: true' });
  const [event] = events.since(0n) as [EngineEvent];
  const passes = (entries: Record<string, string[]>) => eventPasses(new Map(Object.entries(entries)), event);
  t.ok(passes({}));
  t.ok(
    passes({
      type: ['container'],
      event: ['exec_create'],
      container: ['web'],
      image: ['busybox'],
      label: ['tier=front'],
    }),
  );
  t.notOk(passes({ type: ['image'] }));
  t.notOk(passes({ event: ['exec'] }));
  t.notOk(passes({ container: ['other'] }));
  t.ok(passes({ container: ['other', 'ab'] }));
});
