import { RpcError } from '@drydock/rpc/errors';
import t from 'tap';
import { Deadlines } from './deadlines.ts';

t.test('durations as Go writes them', async (t) => {
  const name = 'io.containerd.timeout.shim.load';
  const milliseconds = (text: string) => new Deadlines({ [name]: text }).of(name);
  t.equal(new Deadlines().of(name), 5000);
  t.equal(milliseconds('250ms'), 250);
  t.equal(milliseconds('1m1.5s'), 61_500);
  t.equal(milliseconds('0s'), undefined, 'for ever');
  t.equal(milliseconds('0'), undefined);
  for (const text of ['', '5', '5 s', '-1s', 'soon', '1sx'])
    t.throws(() => milliseconds(text), { message: `timeouts: ${name}: ${JSON.stringify(text)} is no duration` });
  t.equal(new Deadlines({ 'io.containerd.timeout.bolt.open': '0s' }).of(name), 5000, 'others are let be');
});

t.test('an error names the deadline, its budget and the thing', async (t) => {
  const deadlines = new Deadlines({ 'io.containerd.timeout.task.state': '20ms' });
  const late = async ({ timeoutMs }: { timeoutMs?: number | undefined }) => {
    t.equal(timeoutMs, 20);
    throw new RpcError('deadline exceeded', 'State: no answer in 20 ms');
  };
  await t.rejects(deadlines.within('io.containerd.timeout.task.state', 'State of shim n/c', late), {
    message: 'State of shim n/c: no answer in 0.02s (io.containerd.timeout.task.state): context deadline exceeded',
  });
  const other = new RpcError('unavailable', 'ttrpc: closed');
  await t.rejects(
    deadlines.within('io.containerd.timeout.task.state', 'State', () => Promise.reject(other)),
    other,
  );
});
