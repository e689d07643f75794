/** How a pull or a push goes on, a line a blob: redrawn on a terminal, printed once at the end elsewhere. */
import type { Descriptor } from '@drydock/oci/image-spec';
import { refOf } from '@drydock/transfer/blobs';
import { binarySize } from '../output.ts';

interface Line {
  readonly name: string;
  state: string;
  offset: number;
  readonly total: number;
}

const barWidth = 38;
const green = '\u001b[32m';
const plain = '\u001b[0m';

export class TransferDisplay {
  readonly #lines = new Map<string, Line>();
  readonly #started = performance.now();
  readonly #out: NodeJS.WriteStream;
  #drawn = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(out: NodeJS.WriteStream = process.stdout) {
    this.#out = out;
    if (out.isTTY) this.#timer = setInterval(() => this.#draw(), 100);
  }

  /** A line that is no blob's, such as the reference that is resolved. */
  note(name: string, state: string): void {
    this.#lines.set(name, { name, state, offset: 1, total: 1 });
  }

  /** What is known of a blob now. */
  blob(blob: Descriptor, state: string, offset: number): void {
    const name = refOf(blob);
    const line = this.#lines.get(name) ?? { name, state, offset, total: blob.size };
    line.state = state;
    line.offset = offset;
    this.#lines.set(name, line);
  }

  /** Draws for the last time. */
  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#draw();
  }

  #draw(): void {
    const lines = [...this.#lines.values()];
    if (lines.length === 0) return;
    const width = Math.max(...lines.map(({ name }) => name.length), 0) + 1;
    const seconds = (performance.now() - this.#started) / 1000;
    const total = lines.reduce((sum, { offset, total }) => sum + (total > 1 ? Math.min(offset, total) : 0), 0);
    const rate = binarySize(total / Math.max(seconds, 0.001));
    const text = [
      ...lines.map(
        ({ name, state, offset, total }) => `${`${name}:`.padEnd(width)} ${state.padEnd(14)} |${bar(offset, total)}| `,
      ),
      `${`elapsed: ${seconds.toFixed(1)} s`.padEnd(width)}                total: ${binarySize(total)} (${rate}/s)`,
    ].map((line) => `${line}\n`);
    if (this.#drawn > 0) this.#out.write(`\u001b[${this.#drawn}A\u001b[J`);
    this.#out.write(text.join(''));
    this.#drawn = text.length;
  }
}

function bar(offset: number, total: number): string {
  const filled = Math.round(barWidth * Math.min(1, total === 0 ? 1 : offset / total));
  return `${green}${'+'.repeat(filled)}${plain}${'-'.repeat(barWidth - filled)}`;
}
