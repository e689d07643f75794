/** JSON objects that follow one another in a stream, a line each. */

import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** The objects as they come. */
export async function* jsonObjects(body: Readable): AsyncGenerator<unknown> {
  for await (const line of createInterface({ input: body, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== '') yield JSON.parse(line);
  }
}
