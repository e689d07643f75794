/** What the shim needs to know of a bundle's config.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether the container has no pid namespace of its own: then its processes outlive its init. */
export function sharesPidNamespace(bundle: string): boolean {
  const { linux } = readConfig(bundle) as { linux?: { namespaces?: { type: string; path?: string }[] } };
  return !(linux?.namespaces ?? []).some(({ type, path }) => type === 'pid' && !path);
}

/** Annotations of the container. */
export function annotations(bundle: string): Readonly<Record<string, string>> {
  return (readConfig(bundle) as { annotations?: Record<string, string> }).annotations ?? {};
}

function readConfig(bundle: string): unknown {
  return JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
}
