/** Takes an image archive apart while it arrives: each file goes into the content store, small documents into memory too. */
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Compression } from '@drydock/oci/media-types';
import type { StoredBlob } from '@drydock/transfer/blobs';
import { extract, type Header } from 'tar-stream';
import type { Containerd } from '../../containerd/clients.ts';
import { badParameter, messageOf } from '../../errors.ts';
import { writeBlob } from '../blobs.ts';

/** A file of the archive. */
export interface ArchivedFile extends StoredBlob {
  /** The bytes, if the file is small and looks like JSON. */
  readonly document: Buffer | undefined;
  readonly compression: Compression;
}

/** An archive's files by their path, links followed. */
export interface Archive {
  get(path: string): ArchivedFile | undefined;
  has(path: string): boolean;
}

const documentLimit = 4 * 1024 * 1024;
const maximumLinks = 10;

/** Reads a tar stream, plain or packed with gzip or zstd, to its end. */
export async function ingestArchive(content: Containerd['content'], body: Readable): Promise<Archive> {
  const files = new Map<string, ArchivedFile>();
  const links = new Map<string, string>();
  const unpacked = await inflate(body);
  const entries = extract();
  const copying = pipeline(unpacked, entries).catch((error: unknown) => void entries.destroy(asError(error)));
  try {
    for await (const entry of entries) {
      const { header } = entry;
      const path = normalize(header.name);
      if (header.type === 'symlink') links.set(path, posix.join(posix.dirname(path), header.linkname ?? ''));
      else if (header.type === 'link') links.set(path, normalize(header.linkname ?? ''));
      else if (header.type === 'file' || header.type === 'contiguous-file')
        files.set(path, await ingestFile(content, entry, header));
      else entry.resume();
    }
  } catch (error) {
    throw inGoWords(error);
  } finally {
    await copying;
  }
  const get = (path: string, depth = 0): ArchivedFile | undefined => {
    const link = links.get(normalize(path));
    return link === undefined || depth > maximumLinks ? files.get(normalize(path)) : get(link, depth + 1);
  };
  return { get: (path) => get(path), has: (path) => get(path) !== undefined };
}

/** What is wrong with an archive, as dockerd says it. */
function inGoWords(error: unknown): unknown {
  const message = messageOf(error);
  if (/unexpected end/i.test(message)) return badParameter('Error processing tar file(exit status 1): unexpected EOF');
  return /tar header|invalid/i.test(message)
    ? badParameter('Error processing tar file(exit status 1): archive/tar: invalid tar header')
    : error;
}

/** The same bytes without their compression, which their beginning tells. */
async function inflate(body: Readable): Promise<Readable> {
  const first = await firstBytes(body);
  const packing = compressionOf(first);
  if (packing === 'gzip') return body.pipe(createGunzip()).once('error', (error) => body.destroy(error));
  if (packing === 'zstd') return body.pipe(createZstdDecompress());
  if (first.subarray(0, 3).toString() === 'BZh' || first.subarray(1, 5).toString() === '7zXZ')
    throw badParameter('the archive is packed with bzip2 or xz: unpack it, or pack it with gzip or zstd');
  return body;
}

async function firstBytes(body: Readable): Promise<Buffer> {
  for (;;) {
    const chunk: Buffer | null = body.read();
    if (chunk !== null) {
      body.unshift(chunk);
      return chunk;
    }
    if (body.readableEnded) return Buffer.alloc(0);
    const more = await new Promise<boolean>((resolve, reject) => {
      body
        .once('readable', () => resolve(true))
        .once('end', () => resolve(false))
        .once('error', reject);
    });
    if (!more) return Buffer.alloc(0);
  }
}

/** What a stream is packed with, from its first bytes. */
export function compressionOf(first: Uint8Array): Compression {
  if (first[0] === 0x1f && first[1] === 0x8b) return 'gzip';
  if (first[0] === 0x28 && first[1] === 0xb5 && first[2] === 0x2f && first[3] === 0xfd) return 'zstd';
  return 'none';
}

async function ingestFile(
  content: Containerd['content'],
  entry: AsyncIterable<unknown>,
  header: Header,
): Promise<ArchivedFile> {
  const kept: Uint8Array[] = [];
  let first: Uint8Array | undefined;
  const size = header.size ?? 0;
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const part of entry) {
      const chunk = part as Buffer;
      first ??= chunk.subarray(0, 8);
      if (size <= documentLimit && (first[0] === 0x7b || first[0] === 0x5b)) kept.push(Uint8Array.from(chunk));
      yield chunk;
    }
  }
  const blob = await writeBlob(content, { source: watched() });
  return {
    ...blob,
    document: kept.length > 0 ? Buffer.concat(kept) : undefined,
    compression: compressionOf(first ?? new Uint8Array(0)),
  };
}

function normalize(path: string): string {
  return posix
    .normalize(path)
    .replace(/^(\.?\/)+/, '')
    .replace(/\/$/, '');
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
