/** Our own terminal: raw while a container's is shown in it, and its size kept the same. */
import type { Engine } from '../api/client.ts';

/** Makes the terminal raw, so that every key goes to the container; the result undoes it. */
export function rawInput(): () => void {
  if (!process.stdin.isTTY) return () => {};
  process.stdin.setRawMode(true);
  return () => process.stdin.setRawMode(false);
}

/**
 * Gives a container's or an exec's terminal our size, now and whenever it changes; the result stops that. `path` is
 * `/containers/ID` or `/exec/ID`. A process that has not started yet refuses: it is asked again for a while.
 */
export async function followSize(engine: Engine, path: string): Promise<() => void> {
  const resize = async (): Promise<boolean> => {
    const { columns: w, rows: h } = process.stdout;
    if (!w || !h) return true;
    return engine.send('POST', `${path}/resize`, { query: { h, w } }).then(
      () => true,
      () => false,
    );
  };
  for (let attempt = 0; attempt < resizeAttempts && !(await resize()); attempt += 1)
    await new Promise((resolve) => setTimeout(resolve, resizePause * (attempt + 1)));
  const listener = (): void => void resize();
  process.stdout.on('resize', listener);
  return () => void process.stdout.off('resize', listener);
}

const resizeAttempts = 5;
/** Milliseconds, times the number of the attempt. */
const resizePause = 10;
