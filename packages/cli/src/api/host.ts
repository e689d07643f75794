/** Where the engine listens: `unix:///path` or `tcp://host:port`, as in DOCKER_HOST and behind -H. */

export type Host =
  | { readonly kind: 'unix'; readonly text: string; readonly path: string }
  | { readonly kind: 'tcp'; readonly text: string; readonly hostname: string; readonly port: number };

const defaultPort = 2375;

/** Parses an address. Throws with its text if it is neither. */
export function parseHost(text: string): Host {
  if (text.startsWith('unix://')) return { kind: 'unix', text, path: text.slice('unix://'.length) };
  if (text.startsWith('/')) return { kind: 'unix', text: `unix://${text}`, path: text };
  if (!text.startsWith('tcp://')) throw new Error(`unable to parse docker host \`${text}\``);
  const { hostname, port } = new URL(text.replace('tcp://', 'http://'));
  return { kind: 'tcp', text, hostname, port: Number(port) || defaultPort };
}
