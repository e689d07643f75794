/** What the engine says about itself. */

/** The program's own version. */
export const engineVersion = '0.1.0';

/** The newest Engine API that is spoken, and the oldest. */
export const apiVersion = '1.50';
export const minimumApiVersion = '1.24';

/** The `Server` header, in dockerd's form. */
export const serverHeader = `drydock/${engineVersion} (linux)`;

/** Compares two API versions such as `1.9` and `1.24`: negative, zero or positive. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
