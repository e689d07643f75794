/**
 * Where a shim is, as its `start` says: an address alone (`unix:///path`, or the name of an abstract socket) or, since
 * containerd 1.7, JSON with the version of its service: `{"version":3,"address":"unix:///path","protocol":"ttrpc"}`.
 */

export interface ShimAddress {
  readonly url: string;
  /** The path of the socket; that of an abstract one begins with a zero byte. */
  readonly path: string;
  /** 2: containerd.task.v2.Task, 3: containerd.task.v3.Task. */
  readonly version: number;
}

/** Versions of the task service that are spoken here. */
const newestVersion = 3;
const scheme = 'unix://';

/** Reads what a `start` has printed, or what was kept of it. Throws if the shim speaks what nobody here does. */
export function parseShimAddress(text: string): ShimAddress {
  const { version, address, protocol } = parseBootstrap(text) ?? { version: 2, address: text, protocol: 'ttrpc' };
  if (version > newestVersion) throw new Error(`unsupported shim version (${version}): not implemented`);
  if (protocol !== 'ttrpc') throw new Error(`unsupported protocol: ${JSON.stringify(protocol)}: not implemented`);
  const path = address.startsWith(scheme) ? address.slice(scheme.length) : `\0${address}`;
  return { url: address, path, version };
}

interface Bootstrap {
  readonly version: number;
  readonly address: string;
  readonly protocol: string;
}

/** The JSON form; undefined for anything else, which is an address then. */
function parseBootstrap(text: string): Bootstrap | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const { version, address, protocol } = JSON.parse(text) as Partial<Bootstrap>;
    if (typeof version !== 'number' || version < 2 || typeof address !== 'string') return undefined;
    return { version, address, protocol: protocol || 'ttrpc' };
  } catch {
    return undefined;
  }
}
