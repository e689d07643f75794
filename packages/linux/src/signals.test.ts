import { constants } from 'node:os';
import t from 'tap';
import { signalName, signalNumber, signalText } from './signals.ts';

t.test('names and numbers are those of this machine', async (t) => {
  for (const [name, number] of Object.entries(constants.signals)) t.equal(signalNumber(name), number, name);
  t.equal(signalNumber('kill'), 9);
  t.equal(signalNumber('Term'), 15);
  t.equal(signalNumber('9'), 9);
  t.equal(signalNumber('SIGRTMIN+3'), 37);
  t.equal(signalNumber('RTMAX-1'), 63);
  t.equal(signalNumber('NOSIG'), undefined);
  t.equal(signalNumber(''), undefined);
  t.equal(signalName(15), 'SIGTERM');
  t.equal(signalText(9), 'killed');
  t.equal(signalText(40), 'signal 40');
});
