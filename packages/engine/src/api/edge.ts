/** From a request's URL to the route it means: version prefix, path cleaning, names with slashes in them. */
import { apiVersion, compareVersions, minimumApiVersion } from '../version.ts';

/** Where a request goes. */
export type Edge =
  | { readonly kind: 'route'; readonly version: string; readonly url: string }
  /** The path was not clean: the client is sent to the clean one, as Go's router does. */
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'too new' | 'too old'; readonly version: string };

/** The last parts of routes below each kind of object; whatever stands before them is the object's name. */
const verbs: Readonly<Record<string, ReadonlySet<string>>> = {
  containers: new Set(
    'json top logs changes stats resize start stop restart kill update rename pause unpause attach wait archive export exec copy checkpoints'.split(
      ' ',
    ),
  ),
  images: new Set(['json', 'history', 'push', 'tag', 'get', 'attestations']),
  exec: new Set(['start', 'resize', 'json']),
  networks: new Set(['connect', 'disconnect']),
  volumes: new Set(),
  distribution: new Set(['json']),
  plugins: new Set(['json', 'enable', 'disable', 'push', 'set', 'upgrade']),
};

/** Reads a request's URL. A name that holds slashes is one encoded part of the answer's `url`. */
export function readUrl(url: string): Edge {
  const question = url.indexOf('?');
  const rawPath = question === -1 ? url : url.slice(0, question);
  const query = question === -1 ? '' : url.slice(question);
  const cleaned = clean(rawPath);
  if (cleaned !== rawPath) return { kind: 'redirect', location: `${cleaned}${query}` };
  const match = /^\/v([0-9.]+)(\/.*)$/.exec(rawPath);
  const version = match?.[1] ?? apiVersion;
  if (compareVersions(version, apiVersion) > 0) return { kind: 'too new', version };
  if (compareVersions(version, minimumApiVersion) < 0) return { kind: 'too old', version };
  return { kind: 'route', version, url: `${joinName(match?.[2] ?? rawPath)}${query}` };
}

/** Go's path.Clean for absolute paths, but a slash at the end stays. */
function clean(path: string): string {
  if (!path.includes('//') && !path.includes('/.')) return path;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}${parts.length > 0 && path.endsWith('/') ? '/' : ''}`;
}

function joinName(path: string): string {
  const [, kind = '', ...rest] = path.split('/').map(decode);
  const known = verbs[kind];
  if (known === undefined || rest.length < 2) return path;
  const verb = known.has(rest.at(-1)!) ? rest.pop() : undefined;
  if (rest.at(-1) === '') return path;
  return `/${kind}/${encodeURIComponent(rest.join('/'))}${verb === undefined ? '' : `/${verb}`}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
