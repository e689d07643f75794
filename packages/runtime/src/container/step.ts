/** Makes a container stop by stop: shows what comes next, and asks what to do. */
import { describeProgram, type Line } from '@drydock/linux/program/describe';
import type { Program } from '@drydock/linux/program/program';
import { readyAt, type Segment, segmentsOf, withStops } from '../compile/observe.ts';
import { Failure } from '../failure.ts';
import type { Dialogue } from './dialogue.ts';
import type { InitProcess } from './init.ts';
import { lookAt } from './look.ts';
import type { Observer } from './observer.ts';

export type Granularity = 'stage' | 'operation';

const help = `  Enter, next       go on to the next stop
  STAGE, skip STAGE go on to that stage
  run               go on without stops
  look              the process as the kernel shows it
  all               every operation that is still to come
  abort             end the process and remove everything\n`;

export class Stepper implements Observer {
  readonly #granularity: Granularity;
  readonly #dialogue: Dialogue;
  #lines: readonly Line[] = [];
  #segments: readonly Segment[] = [];
  #ready = 0;
  /** The stage to go on to without stops; '' for none, undefined to stop everywhere. */
  #goal: string | undefined;

  constructor(granularity: Granularity, dialogue: Dialogue) {
    this.#granularity = granularity;
    this.#dialogue = dialogue;
  }

  observe(program: Program, { report, step = -1 }: { readonly report: number; readonly step?: number }): Program {
    this.#lines = describeProgram(program);
    this.#segments = segmentsOf(program);
    this.#ready = readyAt(program);
    const starts = new Set(this.#segments.map(({ first }) => first));
    const wanted = (index: number) => this.#granularity === 'operation' || starts.has(index);
    return withStops(program, wanted, { report, step });
  }

  /** Throws {@link Failure} if the user has had enough. */
  step({ stoppedAt, pid }: InitProcess): void {
    const stage = this.#lines[stoppedAt]?.stage ?? '';
    if (this.#goal !== undefined && stage !== this.#goal) return;
    this.#goal = undefined;
    const segment = this.#segments.find(({ first, count }) => stoppedAt >= first && stoppedAt < first + count);
    const end = this.#granularity === 'operation' ? stoppedAt + 1 : (segment?.first ?? 0) + (segment?.count ?? 0);
    const position = `${this.#segments.indexOf(segment!) + 1} of ${this.#segments.length}`;
    this.#dialogue.say(
      `\nnext: ${stage} (${position}), process ${pid}\n${this.#listing(stoppedAt, end)}${watching(pid)}`,
    );
    this.#ask(pid, stoppedAt, stage);
  }

  ready({ pid }: InitProcess): void {
    // What follows says only why execve has failed.
    const end = this.#lines.findIndex(({ stage }) => stage === 'execute') + 1;
    this.#dialogue.say(
      `\nready: process ${pid} waits; start lets it do\n${this.#listing(this.#ready, end)}${watching(pid)}`,
    );
  }

  /** Before a container that is ready is started. Throws {@link Failure} if it is not to be. */
  beforeStart(pid: number): void {
    if (this.#goal === undefined) this.#ask(pid, this.#lines.length, 'start');
  }

  done(): void {
    this.#dialogue.close();
  }

  #ask(pid: number, index: number, stage: string): void {
    for (;;) {
      const answer = this.#dialogue.ask('(next, STAGE, run, look, all, abort, help) > ');
      const word = answer?.trim().replace(/^skip +/, '');
      if (word === undefined || word === 'abort' || word === 'a')
        throw new Failure(`aborted before ${stage}${answer === undefined ? ': the input has ended' : ''}`);
      if (word === '' || word === 'next' || word === 'n') return;
      if (word === 'run' || word === 'r') {
        this.#goal = '';
        return;
      }
      if (this.#segments.some((segment) => segment.stage === word && segment.first > index)) {
        this.#goal = word;
        return;
      }
      if (word === 'look' || word === 'l') this.#dialogue.say(lookAt(pid));
      else if (word === 'all') this.#dialogue.say(this.#listing(index, this.#lines.length));
      else if (word === 'help' || word === '?')
        this.#dialogue.say(`${help}  stages to come: ${this.#stagesAfter(index)}\n`);
      else this.#dialogue.say(`no stage to come is called ${JSON.stringify(word)}: ${this.#stagesAfter(index)}\n`);
    }
  }

  #stagesAfter(index: number): string {
    const stages = this.#segments.filter(({ first }) => first > index).map(({ stage }) => stage);
    return [...new Set(stages)].join(', ') || 'none';
  }

  #listing(from: number, to: number): string {
    const lines = this.#lines.slice(from, to).map(({ call, field, branches }, offset) => {
      const jumps = branches.length > 0 ? `  [${branches.join('; ')}]` : '';
      return `${String(from + offset).padStart(5)}  ${call}${jumps}${field ? `  # ${field}` : ''}\n`;
    });
    const most = 30;
    if (to === this.#lines.length || lines.length <= most) return lines.join('');
    return `${lines.slice(0, most).join('')}       … and ${lines.length - most} more\n`;
  }
}

/** How to look at the process from outside. */
function watching(pid: number): string {
  return `look: cat /proc/${pid}/status; ls -l /proc/${pid}/fd /proc/${pid}/ns; cat /proc/${pid}/mountinfo; nsenter -a -t ${pid} …\n`;
}
