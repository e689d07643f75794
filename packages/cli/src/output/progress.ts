/** A progress stream on the screen: a line for each layer with a bar on a terminal, plain lines elsewhere. */
import type { Readable } from 'node:stream';
import type { Progress } from '../api/types.ts';
import { jsonObjects } from './json-objects.ts';
import { size } from './units.ts';

const barWidth = 50;

/** Shows a stream to its end. Throws with the error that it carries, if it does. */
export async function showProgress(
  body: Readable,
  { quiet = false, out = process.stdout }: { quiet?: boolean; out?: NodeJS.WriteStream } = {},
): Promise<void> {
  const screen = out.isTTY ? new Screen(out) : undefined;
  for await (const object of jsonObjects(body)) {
    const item = object as Progress;
    if (item.errorDetail !== undefined || item.error !== undefined)
      throw new Error(item.errorDetail?.message ?? item.error);
    if (quiet) continue;
    if (item.stream !== undefined) out.write(item.stream);
    else if (item.status !== undefined && screen !== undefined && item.id !== undefined)
      screen.update(item.id, `${item.id}: ${item.status} ${bar(item)}`);
    else if (item.status !== undefined && (item.progressDetail?.current === undefined || screen !== undefined))
      out.write(`${item.id === undefined ? '' : `${item.id}: `}${item.status}\n`);
  }
}

/** Lines that are written over as they change. */
class Screen {
  readonly #out: NodeJS.WriteStream;
  readonly #lines = new Map<string, number>();

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  update(id: string, text: string): void {
    const line = this.#lines.get(id);
    if (line === undefined) {
      this.#lines.set(id, this.#lines.size);
      this.#out.write(`${text.trimEnd()}\n`);
      return;
    }
    const up = this.#lines.size - line;
    this.#out.write(`\x1b[${up}A\x1b[2K\r${text.trimEnd()}\r\x1b[${up}B`);
  }
}

/** `[======>      ]  1.2MB/3.4MB`, or just what is done where the total is not known. */
export function bar({ progressDetail }: Progress): string {
  const { current = 0, total = 0 } = progressDetail ?? {};
  if (current <= 0 && total <= 0) return '';
  if (total <= 0) return size(current, 4).padStart(8);
  const filled = Math.min(barWidth, Math.floor((current / total) * barWidth));
  const drawn = `${'='.repeat(filled)}>`.slice(0, barWidth).padEnd(barWidth);
  return `[${drawn}]  ${size(Math.min(current, total), 4)}/${size(total, 4)}`;
}
