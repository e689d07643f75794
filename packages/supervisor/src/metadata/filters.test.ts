import t from 'tap';
import { parseFilters } from './filters.ts';

const object: Record<string, string> = {
  name: 'docker.io/library/busybox:latest',
  'labels.io.x/key': 'a b',
  'labels.plain': 'yes',
  topic: '/tasks/exit',
  namespace: 'moby',
  empty: '',
};
const selects = (...filters: string[]) => parseFilters(filters)((path) => object[path.join('.')]);

t.ok(selects());
t.ok(selects(''), 'ctr sends one empty filter');
t.ok(selects('name==docker.io/library/busybox:latest'));
t.notOk(selects('name==busybox'));
t.ok(selects('name~=busybox'));
t.ok(selects('name~="^docker.io/library/"'));
t.ok(selects('namespace==moby,topic~=|^/tasks/|'), 'what dockerd subscribes with');
t.notOk(selects('namespace==plugins.moby,topic~=|^/tasks/|'));
t.ok(selects('labels."io.x/key"=="a b"'));
t.ok(selects('labels.plain'));
t.ok(selects('empty'), 'present, though empty');
t.notOk(selects('labels.none'));
t.ok(selects('labels.none!=x'));
t.ok(selects('name==x', 'labels.plain==yes'), 'either');
t.notOk(selects('name==x,labels.plain==yes'), 'both');
t.ok(selects('name ~= busybox , namespace == moby'));
t.ok(selects('topic~=/^\\/tasks\\/exit$/'));

const faults: [string, string][] = [
  ['name==', 'filters: parse error: [name==]: expected value or quoted'],
  ['name=x', 'filters: parse error: [name >|=|< x]: unsupported operator "="'],
  ['==x', 'filters: parse error: [ >|=|< =x]: expected field or quoted'],
  ['name=="x', 'filters: parse error: [name== >|"|< x]: quoted literal not terminated'],
  ['name==|x|', 'filters: parse error: [name== >||||< x|]: invalid quote encountered'.replace('||||', '|||')],
  ['name x', 'filters: parse error: [name  >|x|< ]: expected an operator ("=="|"!="|"~=")'],
];
for (const [filter, message] of faults) {
  t.throws(() => parseFilters([filter]), { message: `${message}: invalid argument`, kind: 'invalid argument' }, filter);
}
