/** The names of images as containerd has them: `host/path[:tag][@digest]` in full, with nothing left to guess. */
import { isDigest } from '@drydock/oci/digest';
import type { Reference } from '@drydock/oci/reference';
import { invalidArgument } from '@drydock/rpc/errors';

/** Parses a name. Throws `invalid argument` where a host or an object is missing. */
export function parseRemoteReference(name: string): Reference {
  const slash = name.includes('/') ? name.indexOf('/') : name.length;
  if (slash === 0) throw invalidArgument(`${name}: invalid reference: hostname required`);
  const [object = '', digest] = split(name.slice(slash + 1), name.slice(slash + 1).indexOf('@'));
  const colon = object.lastIndexOf(':');
  const [path = '', tag] = split(object, colon > object.lastIndexOf('/') ? colon : -1);
  if (tag === undefined && digest === undefined) throw invalidArgument(`${name}: object required`);
  if (path === '' || (digest !== undefined && !isDigest(digest))) throw invalidArgument(`${name}: invalid reference`);
  return { domain: name.slice(0, slash), path, tag, digest };
}

function split(text: string, at: number): [string, string | undefined] {
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
