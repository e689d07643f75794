/** Progress messages of pull, push and load, in the shape that Docker's clients draw as bars. */

/** One message of a progress stream. */
export interface ProgressMessage {
  readonly status?: string;
  readonly stream?: string;
  readonly id?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly progress?: string;
  readonly errorDetail?: { readonly message: string };
  readonly error?: string;
  readonly aux?: unknown;
}

/** Takes messages; a slow client slows its sender down. */
export type ProgressSink = (message: ProgressMessage) => void | Promise<void>;

/** A message about a layer without numbers. */
export function layerStatus(id: string, status: string): ProgressMessage {
  return { status, progressDetail: {}, id };
}

/** A message about a layer with a bar. `total` is 0 where it is not known. */
export function layerProgress(id: string, status: string, current: number, total: number): ProgressMessage {
  return { status, progressDetail: total > 0 ? { current, total } : { current }, progress: bar(current, total), id };
}

/** The message that ends a stream with an error. */
export function failure(message: string): ProgressMessage {
  return { errorDetail: { message }, error: message };
}

/** A function that passes at most one message each `interval` ms on, and the last one always. */
export function throttled(send: (current: number) => void, total: number, interval = 100): (current: number) => void {
  let last = 0;
  return (current) => {
    const now = performance.now();
    if (current < total && now - last < interval) return;
    last = now;
    send(current);
  };
}

/** `[=====>      ]  253B/1.2kB`, as docker prints it on a terminal. */
function bar(current: number, total: number): string {
  if (total <= 0 || current > total) return `${humanSize(current).padStart(8)}`;
  const width = 50;
  const done = Math.floor((current / total) * width);
  const filled = done >= width ? '='.repeat(width) : `${'='.repeat(done)}>`;
  return `[${(filled + ' '.repeat(width)).slice(0, Math.max(width, filled.length))}] ${humanSize(current).padStart(8)}/${humanSize(total)}`;
}

/** Bytes in decimal units with four digits, as go-units writes them. */
export function humanSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${Number(size.toPrecision(4))}${units[unit]}`;
}
