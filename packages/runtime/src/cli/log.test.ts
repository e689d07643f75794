import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Log } from './log.ts';

const directory = mkdtempSync(join(tmpdir(), 'drydock-log-'));
t.teardown(() => rmSync(directory, { recursive: true }));
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

t.test('the file is there before anything is logged', async (t) => {
  const file = join(directory, 'empty');
  new Log({ file, format: 'json', debug: false, traceparent: undefined }).debug('not written');
  t.equal(statSync(file).size, 0);
});

t.test('JSON lines as logrus writes them, with the trace', async (t) => {
  const file = join(directory, 'json');
  new Log({ file, format: 'json', debug: false, traceparent }).error('a "b" <c>\n');
  const line = readFileSync(file, 'utf8');
  t.match(
    line,
    /^\{"level":"error","msg":"a \\"b\\" \\u003cc\\u003e\\n","time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ","traceparent":"00-0af/,
  );
  t.match(JSON.parse(line), { msg: 'a "b" <c>\n', traceparent });
});

t.test('text lines', async (t) => {
  const file = join(directory, 'text');
  const log = new Log({ file, format: 'text', debug: true, traceparent: undefined });
  log.warning('two words');
  log.debug('word');
  t.match(
    readFileSync(file, 'utf8'),
    /^time="[^"]+Z" level=warning msg="two words"\ntime="[^"]+Z" level=debug msg=word\n$/,
  );
});
