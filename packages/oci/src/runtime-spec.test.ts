import t from 'tap';
import { parseProcess, parseResources, parseSpec } from './runtime-spec.ts';

t.test('keeps what the specification knows', async (t) => {
  const spec = parseSpec(
    '{"ociVersion":"1.0.2","process":{"args":["sh"],"cwd":"/","user":null},"x":1,"annotations":{"a":"b"}}',
  );
  t.same(spec, { ociVersion: '1.0.2', process: { args: ['sh'], cwd: '/' }, annotations: { a: 'b' } });
});

t.test('refuses the wrong kind in the words of Go', async (t) => {
  const refusals: readonly (readonly [text: string, message: string])[] = [
    [
      '{"process":{"args":"sh"}}',
      'json: cannot unmarshal string into Go struct field Process.process.args of type []string',
    ],
    [
      '{"process":{"user":{"uid":-1}}}',
      'json: cannot unmarshal number -1 into Go struct field User.process.user.uid of type uint32',
    ],
    ['{"hostname":[]}', 'json: cannot unmarshal array into Go struct field Spec.hostname of type string'],
    ['[]', 'json: cannot unmarshal array into Go value of type specs.Spec'],
  ];
  for (const [text, message] of refusals) t.throws(() => parseSpec(text), { name: 'ShapeError', message });
  t.throws(() => parseSpec('{'), { name: 'ShapeError' });
});

t.test('a process and resources stand alone too', async (t) => {
  t.same(parseProcess('{"args":["true"],"terminal":true}'), { args: ['true'], terminal: true });
  t.same(parseResources('{"memory":{"limit":1024}}'), { memory: { limit: 1024 } });
  t.throws(() => parseResources('{"memory":{"limit":"1k"}}'), /LinuxMemory.memory.limit of type int64/);
});

t.test('a name that every object has is no field', async (t) => {
  t.same(parseSpec('{"constructor":{"a":1},"__proto__":{"hostname":"x"}}'), {});
});
