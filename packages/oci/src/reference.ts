/** Image references: `[domain/]path[:tag][@digest]`, with Docker's familiar short forms (distribution/reference). */
import { isDigest } from './digest.ts';

/** A reference taken apart and completed: `busybox` is `docker.io/library/busybox`. */
export interface Reference {
  /** The registry's host, with its port if it has one. */
  readonly domain: string;
  /** The repository in the registry. */
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** A text that is no image reference; the message is Docker's. */
export class InvalidReference extends Error {
  override readonly name = 'InvalidReference';
}

const defaultDomain = 'docker.io';
const legacyDomain = 'index.docker.io';
const officialPrefix = 'library/';

const pathComponent = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const domainForm =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?$/;
const tagForm = /^[\w][\w.-]{0,127}$/;

/** Parses a reference as a person writes it. Throws {@link InvalidReference}. */
export function parseReference(text: string): Reference {
  if (/^[a-f0-9]{64}$/.test(text))
    throw new InvalidReference(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  const { name, tag, digest } = split(text);
  const { domain, path } = splitDomain(name);
  if (path !== path.toLowerCase())
    throw new InvalidReference('invalid reference format: repository name must be lowercase');
  const valid =
    domainForm.test(domain) &&
    path.split('/').every((part) => pathComponent.test(part)) &&
    (tag === undefined || tagForm.test(tag)) &&
    (digest === undefined || isDigest(digest));
  if (!valid) throw new InvalidReference('invalid reference format');
  if (`${domain}/${path}`.length > 255)
    throw new InvalidReference('repository name must not be more than 255 characters');
  return { domain, path, tag, digest };
}

/** The reference with `latest` where it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: 'latest' } : reference;
}

/** The repository's full name, such as `docker.io/library/busybox`. */
export function repositoryOf({ domain, path }: Reference): string {
  return `${domain}/${path}`;
}

/** The whole reference in full: the name of an image in containerd's store. */
export function fullName(reference: Reference): string {
  return `${repositoryOf(reference)}${suffix(reference)}`;
}

/** The repository as Docker shows it: `busybox`, `user/repo`, `host:5000/repo`. */
export function familiarRepository({ domain, path }: Reference): string {
  if (domain !== defaultDomain) return `${domain}/${path}`;
  return path.startsWith(officialPrefix) && !path.slice(officialPrefix.length).includes('/')
    ? path.slice(officialPrefix.length)
    : path;
}

/** The whole reference as Docker shows it. */
export function familiarName(reference: Reference): string {
  return `${familiarRepository(reference)}${suffix(reference)}`;
}

function suffix({ tag, digest }: Reference): string {
  return `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

function split(text: string): { name: string; tag: string | undefined; digest: string | undefined } {
  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : text.slice(at + 1);
  const rest = at === -1 ? text : text.slice(0, at);
  const colon = rest.lastIndexOf(':');
  if (colon === -1 || rest.indexOf('/', colon) !== -1) return { name: rest, tag: undefined, digest };
  return { name: rest.slice(0, colon), tag: rest.slice(colon + 1), digest };
}

/** The first part is a host only if it looks like one: it has a dot, a colon, capitals, or is `localhost`. */
function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const isHost = first !== '' && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  const domain = !isHost || first === legacyDomain ? defaultDomain : first;
  const path = isHost ? name.slice(slash + 1) : name;
  return { domain, path: domain === defaultDomain && !path.includes('/') ? `${officialPrefix}${path}` : path };
}
