/**
 * Puts a blob into a repository (distribution-spec 1.1, "Pushing blobs").
 *
 *   HEAD blobs/<digest> ──▶ 200: it is there
 *   POST blobs/uploads/?mount=<digest>&from=<repository> ──▶ 201: taken from the other repository
 *                                                        ──▶ 202, Location: a session
 *   PUT <location>?digest=<digest>, all bytes ──▶ 201
 *   … the connection breaks: GET <location> ──▶ 204, Range: what is there
 *   PATCH <location>, the other bytes ──▶ 202 ── PUT <location>?digest=<digest> ──▶ 201
 */
import { RegistryError } from './error.ts';
import type { HttpResponse } from './http.ts';
import { expectStatus, type Repository } from './repository.ts';
import { backoff, pause, usualRetries } from './retry.ts';

export interface Upload {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** The bytes from an offset on. */
  readonly read: (offset: number) => AsyncIterable<Uint8Array>;
  /** Repositories of the same registry that may have the blob. */
  readonly mountFrom?: readonly string[];
  /** Hears how many bytes were handed over. */
  readonly progress?: (sent: number) => void;
}

/** How the blob came to be there. */
export type UploadOutcome = 'exists' | 'mounted' | 'pushed';

/** Makes sure that the repository has a blob. */
export async function pushBlob(repository: Repository, upload: Upload): Promise<UploadOutcome> {
  if ((await repository.blobSize(upload.digest)) !== undefined) return 'exists';
  for (const from of upload.mountFrom ?? []) if (await mount(repository, upload.digest, from)) return 'mounted';
  await uploadBytes(repository, upload);
  return 'pushed';
}

/** Whether the blob could be taken from another repository. A refusal to look there is only a no. */
async function mount(repository: Repository, digest: string, from: string): Promise<boolean> {
  if (from === repository.path) return false;
  repository.alsoPullFrom(from);
  try {
    const response = await repository.request('blobs/uploads/', {
      method: 'POST',
      headers: { 'content-length': '0' },
      query: { mount: digest, from },
    });
    await response.body.dump();
    if (response.statusCode === 202) await cancel(repository, locationOf(repository, response));
    return response.statusCode === 201;
  } catch (error) {
    if (error instanceof RegistryError && ['unauthorized', 'forbidden'].includes(error.kind)) return false;
    throw error;
  }
}

async function uploadBytes(repository: Repository, upload: Upload): Promise<void> {
  let session = await begin(repository);
  let offset = 0;
  for (let failures = 0; ; ) {
    try {
      await sendFrom(repository, session, offset, upload);
      return;
    } catch (error) {
      if (repository.signal?.aborted || !(error instanceof RegistryError) || error.kind !== 'unreachable') throw error;
      const there = await received(repository, session);
      failures = there !== undefined && there.offset > offset ? 1 : failures + 1;
      if (failures >= usualRetries.attempts) throw error;
      await pause(backoff(failures), repository.signal);
      offset = there?.offset ?? 0;
      session = there === undefined ? await begin(repository) : there.session;
    }
  }
}

/** Sends what is missing from an offset on, and closes the session. */
async function sendFrom(repository: Repository, session: string, offset: number, upload: Upload): Promise<void> {
  const { digest, size } = upload;
  const body = (): AsyncIterable<Uint8Array> => counted(upload.read(offset), offset, upload.progress);
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size - offset) };
  if (offset === 0) {
    const done = await repository.request(session, { method: 'PUT', headers, body, query: { digest }, retry: false });
    return finish(done);
  }
  let location = session;
  if (offset < size) {
    const range = { 'content-range': `${offset}-${size - 1}` };
    const taken = await repository.request(session, {
      method: 'PATCH',
      headers: { ...headers, ...range },
      body,
      retry: false,
    });
    await expectStatus(taken, [202]);
    await taken.body.dump();
    location = locationOf(repository, taken);
  }
  return finish(
    await repository.request(location, {
      method: 'PUT',
      headers: { 'content-length': '0' },
      query: { digest },
      retry: false,
    }),
  );
}

async function finish(response: HttpResponse): Promise<void> {
  await expectStatus(response, [201, 204]);
  await response.body.dump();
}

async function begin(repository: Repository): Promise<string> {
  const response = await repository.request('blobs/uploads/', { method: 'POST', headers: { 'content-length': '0' } });
  await expectStatus(response, [202]);
  await response.body.dump();
  return locationOf(repository, response);
}

/** What of a session's bytes the host has; undefined if it knows no more of the session. */
async function received(
  repository: Repository,
  session: string,
): Promise<{ readonly offset: number; readonly session: string } | undefined> {
  const response = await repository.request(session, { method: 'GET' });
  await response.body.dump();
  const [, end] = /^(?:bytes=)?0-(\d+)$/.exec(String(response.headers.range ?? '')) ?? [];
  // `0-0` is what some say of no byte at all, and others of one.
  if (response.statusCode !== 204 || end === undefined || end === '0') return undefined;
  return { offset: Number(end) + 1, session: locationOf(repository, response, session) };
}

async function cancel(repository: Repository, session: string): Promise<void> {
  const response = await repository.request(session, { method: 'DELETE' });
  await response.body.dump();
}

/** Where a session goes on. */
function locationOf({ host }: Repository, { headers }: HttpResponse, otherwise?: string): string {
  const location = headers.location ?? otherwise;
  if (typeof location !== 'string') throw new RegistryError('failed', 'the registry named no location for the upload');
  return new URL(location, `${host.url}/`).href;
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  start: number,
  progress: ((sent: number) => void) | undefined,
): AsyncGenerator<Uint8Array> {
  let sent = start;
  for await (const chunk of source) {
    yield chunk;
    sent += chunk.length;
    progress?.(sent);
  }
}
