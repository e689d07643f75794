import t from 'tap';
import { type Job, Jobs, jobChannel } from './jobs.ts';

t.test('a job is listed while it runs and remembered when it ended', async (t) => {
  const jobs = new Jobs();
  const seen: string[] = [];
  const listen = (job: unknown): void => void seen.push((job as Job).status);
  jobChannel.subscribe(listen);
  let finish = (): void => {};
  const running = jobs.run(
    'container_start',
    ['web'],
    () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
  );
  t.match(jobs.list(), [{ name: 'container_start', args: ['web'], status: 'running' }]);
  finish();
  await running;
  t.match(jobs.list(), [{ name: 'container_start', status: 'done', durationMs: Number }]);
  await t.rejects(
    jobs.run('pull', ['x'], () => {
      throw new Error('no');
    }),
    { message: 'no' },
  );
  t.match(jobs.list()[0], { name: 'pull', status: 'failed', error: 'no' });
  jobChannel.unsubscribe(listen);
  t.same(seen, ['running', 'done', 'running', 'failed']);
});
