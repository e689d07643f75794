/** The words of a command line behind its flags: `key=value` pairs, and those that must be there. */

/** Labels from `key=value` words. A word without `=` is a key with the value `true`, as ctr has it. */
export function labelsOf(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      return at === -1 ? [word, 'true'] : [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

/** A word that must be given. */
export function need(word: string | undefined, complaint: string): string {
  if (word === undefined || word === '') throw new Error(complaint);
  return word;
}

/** Paths of a field mask for labels. */
export function labelPaths(labels: Readonly<Record<string, string>>): string[] {
  return Object.keys(labels).map((key) => `labels.${key}`);
}
