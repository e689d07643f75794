/** The environment of a container's processes. */
import type { Container } from '../container.ts';

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The engine's variables, then the container's; `terminal` and `extra` are an exec's own. */
export function processEnvironment(
  { record: { config } }: Container,
  { terminal = config.Tty, extra = [] }: { readonly terminal?: boolean; readonly extra?: readonly string[] } = {},
): string[] {
  const variables = new Map<string, string>();
  const unset = new Set<string>();
  const set = (entry: string): void => {
    const [name = ''] = entry.split('=', 1);
    // A name without a value takes the variable away.
    if (!entry.includes('=')) unset.add(name);
    else variables.set(name, entry);
  };
  set(defaultPath);
  if (config.Hostname !== '') set(`HOSTNAME=${config.Hostname}`);
  if (terminal) set('TERM=xterm');
  for (const entry of [...(config.Env ?? []), ...extra]) set(entry);
  for (const name of unset) variables.delete(name);
  return [...variables.values()];
}
