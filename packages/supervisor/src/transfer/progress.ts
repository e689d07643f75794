/** Tells a client how a transfer goes on, over its progress stream: each change of state, and amounts a few times a second. */
import type { Descriptor } from '@drydock/oci/image-spec';
import { packAny } from '@drydock/rpc/any';
import { Progress } from '@drydock/rpc/generated/transfer_types';
import { refOf } from '@drydock/transfer/blobs';
import type { FetchEvent } from '@drydock/transfer/fetch';
import type { PushEvent } from '@drydock/transfer/push';
import type { AnyStream } from '@drydock/transfer/stream/stream';

/** Milliseconds between two amounts of one blob: what containerd's ticker has. */
const interval = 100;

/** The states of blobs in containerd's words. */
const events: Readonly<Record<(FetchEvent | PushEvent)['state'], string>> = {
  waiting: 'waiting',
  exists: 'already exists',
  mounted: 'already exists',
  downloading: 'downloading',
  uploading: 'uploading',
  complete: 'complete',
  extracting: 'extracting',
  extracted: 'extracted',
};

export class ProgressReport {
  readonly #stream: AnyStream | undefined;
  readonly #last = new Map<string, number>();

  /** Without a stream nobody hears of anything. */
  constructor(stream: AnyStream | undefined) {
    this.#stream = stream;
  }

  /** Tells of the whole transfer, or of an image. */
  tell(event: string, image: { readonly name?: string; readonly target?: Descriptor } = {}): void {
    const { name = '', target } = image;
    this.#stream?.send(packAny(Progress, { event, name, ...(target === undefined ? {} : { desc: target }) }));
  }

  /** Tells of one blob of the image `root`. */
  blob({ state, blob, offset, ...rest }: FetchEvent | PushEvent, root: string): void {
    if (this.#stream === undefined || !this.#isDue(state, blob.digest)) return;
    const parent = 'parent' in rest ? rest.parent : undefined;
    this.#stream.send(
      packAny(Progress, {
        event: events[state],
        name: refOf(blob),
        parents: [parent === undefined ? root : refOf(parent)],
        progress: offset,
        total: blob.size,
        desc: blob,
      }),
    );
  }

  close(): void {
    this.#stream?.close();
  }

  #isDue(state: string, digest: string): boolean {
    if (state !== 'downloading' && state !== 'uploading') return true;
    const now = performance.now();
    if (now - (this.#last.get(digest) ?? Number.NEGATIVE_INFINITY) < interval) return false;
    this.#last.set(digest, now);
    return true;
  }
}
