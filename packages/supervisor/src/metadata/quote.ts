/** Text in messages as Go's `%q` prints it. */

/** `text` in double quotes, with quotes, backslashes and control characters escaped. */
export function quote(text: string): string {
  return JSON.stringify(text);
}
