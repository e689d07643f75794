/** Platforms: which of an index's manifests a machine can run (containerd/platforms, image-spec image-index.md). */
import type { Descriptor, Platform } from './image-spec.ts';

/** Node's names of processors and Go's, which images use. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** The platform of this machine. */
export const hostPlatform: Platform = {
  os: 'linux',
  architecture: architectures[process.arch] ?? process.arch,
  ...(process.arch === 'arm64' ? { variant: 'v8' } : {}),
};

/** Other spellings of an architecture, and the variant that they imply. */
const aliases: Readonly<Record<string, readonly [architecture: string, variant?: string]>> = {
  x86_64: ['amd64'],
  'x86-64': ['amd64'],
  aarch64: ['arm64', 'v8'],
  arm64: ['arm64', 'v8'],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
  i386: ['386'],
};

/** Parses `os`, `arch`, `os/arch` or `os/arch/variant`. Answers undefined for anything else. */
export function parsePlatform(text: string): Platform | undefined {
  const parts = text.toLowerCase().split('/');
  if (parts.length > 3 || !parts.every((part) => /^[a-z0-9_.-]+$/.test(part))) return undefined;
  if (parts.length === 1) {
    const [only] = parts as [string];
    return only === 'linux' || only === 'windows' ? { ...hostPlatform, os: only } : normalized('linux', only);
  }
  return normalized(parts[0]!, parts[1]!, parts[2]);
}

/** `os/arch[/variant]`, as Docker prints a platform. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined || variant === '' ? [] : [variant])].join('/');
}

/** Whether what was built for `offered` runs where `wanted` is asked for. */
export function platformMatches(wanted: Platform, offered: Platform): boolean {
  const [a, b] = [
    normalized(wanted.os, wanted.architecture, wanted.variant),
    normalized(offered.os, offered.architecture, offered.variant),
  ];
  return a.os === b.os && a.architecture === b.architecture && (b.variant ?? '') === (a.variant ?? b.variant ?? '');
}

/** The manifest of an index that is for a platform; attestations and the like, of platform `unknown`, never are. */
export function choosePlatform(
  manifests: readonly Descriptor[],
  wanted: Platform = hostPlatform,
): Descriptor | undefined {
  return manifests.find(({ platform }) => platform !== undefined && platformMatches(wanted, platform));
}

function normalized(os: string, architecture: string, variant?: string): Platform {
  const [name, implied] = aliases[architecture] ?? [architecture];
  const chosen = variant || implied;
  return chosen === undefined ? { os, architecture: name } : { os, architecture: name, variant: chosen };
}
