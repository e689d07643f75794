/** The templates that people use. */
import t from 'tap';
import { render } from './template.ts';

const container = {
  Id: 'abc',
  State: { Status: 'running', Running: true, Error: '' },
  Mounts: [{ Source: '/a' }, { Source: '/b' }],
  Labels: { 'com.example': 'x' },
};

t.test('templates', async (t) => {
  t.equal(render('{{.Id}} {{ .State.Status }}', container), 'abc running');
  t.equal(render('{{json .State}}', container), JSON.stringify(container.State));
  t.equal(render('{{.State | json}}', container), JSON.stringify(container.State));
  t.equal(render('{{range .Mounts}}{{.Source}} {{end}}!', container), '/a /b !');
  t.equal(render('{{if .State.Running}}up{{else}}down{{end}}', container), 'up');
  t.equal(render('{{if .State.Error}}{{.State.Error}}{{else}}fine{{end}}', container), 'fine');
  t.equal(render('{{index .Labels "com.example"}}', container), 'x');
  t.equal(render('{{len .Mounts}}\\t{{.Mounts}}', container), '2\t[map[Source:/a] map[Source:/b]]');
  t.equal(render('{{range .Nothing}}x{{end}}.', { nothing: 1 }), '.');
  t.throws(() => render('{{.Nope}}', container), /map has no entry for key "Nope"/);
  t.throws(() => render('{{frob .Id}}', container), /function "frob" not defined/);
});
