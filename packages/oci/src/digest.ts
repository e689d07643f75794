/** Content digests: `sha256:<64 hex digits>`, the name of a blob (OCI image-spec, descriptor.md). */
import { createHash, type Hash } from 'node:crypto';

const lengths: Record<string, number> = { sha256: 64, sha384: 96, sha512: 128 };

/** A digest taken apart. */
export interface DigestParts {
  readonly algorithm: string;
  /** Lower-case hexadecimal digits. */
  readonly encoded: string;
}

/** Takes a digest apart, or answers undefined when it is malformed or of an algorithm that OCI does not register. */
export function parseDigest(digest: string): DigestParts | undefined {
  const match = /^([a-z0-9]+):([a-f0-9]+)$/.exec(digest);
  if (match === null) return undefined;
  const [, algorithm, encoded] = match as unknown as [string, string, string];
  if (lengths[algorithm] !== encoded.length) return undefined;
  return { algorithm, encoded };
}

/** True for a well-formed digest of a registered algorithm. */
export function isDigest(digest: string): boolean {
  return parseDigest(digest) !== undefined;
}

/** The digest of bytes or of UTF-8 text. */
export function digestOf(data: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}

/** A digest that is computed while data passes by. */
export class Digester {
  #hash: Hash = createHash('sha256');
  /** How many bytes passed by. */
  size = 0;

  update(data: Uint8Array): void {
    this.#hash.update(data);
    this.size += data.length;
  }

  /** The digest of what passed by until now; more may follow. */
  digest(): string {
    return `sha256:${this.#hash.copy().digest('hex')}`;
  }
}

/**
 * The chain id of a stack of layers, lowest first: the name of the snapshot that holds them all (image-spec,
 * config.md, "Layer ChainID"). An empty stack has the empty name.
 */
export function chainId(diffIds: readonly string[]): string {
  return diffIds.reduce((parent, diffId) => (parent === '' ? diffId : digestOf(`${parent} ${diffId}`)), '');
}
