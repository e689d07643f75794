/** What `--step` and `--timings` of create and run ask for. */
import { writeAll } from '@drydock/linux/disk';
import type { Flags } from '../cli/flags.ts';
import type { Observer } from '../container/observer.ts';
import { Failure } from '../failure.ts';

/** Loads what is asked for. Throws {@link Failure} if both are: a person's time is no timing. */
export async function wantedObserver(flags: Flags): Promise<Observer | undefined> {
  const [step, timings] = [flags.has('step'), flags.has('timings')];
  if (step && timings) throw new Failure('--step and --timings exclude each other');
  if (step) {
    const { Stepper } = await import('../container/step.ts');
    const { openDialogue } = await import('../container/dialogue.ts');
    return new Stepper(flags.text('step') === 'operation' ? 'operation' : 'stage', openDialogue());
  }
  if (!timings) return undefined;
  const { Timings } = await import('../container/timings.ts');
  const print = (text: string) => writeAll(2, Buffer.from(text), 'standard error');
  return new Timings(flags.text('timings') === 'json' ? 'json' : 'text', print);
}
