/** Runs actions a few at a time, in the order that they are given. */

export type Pool = <T>(action: () => Promise<T>) => Promise<T>;

/** A pool in which at most `size` actions run at once. */
export function poolOf(size: number): Pool {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (action) => {
    if (running >= size) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await action();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
