/** Values of flags that have a form of their own. Each throws with flag and value if it is malformed. */

const units: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Bytes: `512m`, `1g`, `64KiB`. */
export function parseBytes(text: string, flag: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([bkmgt]?)(?:i?b)?$/i.exec(text) ?? [];
  const factor = units[unit.toLowerCase()];
  if (number === '' || factor === undefined) throw invalid(text, flag, `invalid size: '${text}'`);
  return Math.floor(Number(number) * factor);
}

/** Ports: `[ip:][host:]container[/protocol]`, as the API's PortBindings. */
export function parsePorts(list: readonly string[]): Record<string, { HostIp: string; HostPort: string }[]> {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const text of list) {
    const [, ip = '', host = '', container, protocol = 'tcp'] =
      /^(?:(\[[0-9a-f:]+\]|\d+(?:\.\d+){3}):)?(?:(\d*):)?(\d+)(?:\/(tcp|udp|sctp))?$/.exec(text) ?? [];
    if (container === undefined) throw invalid(text, 'p, --publish', `invalid containerPort: ${text}`);
    const key = `${container}/${protocol}`;
    bindings[key] = [...(bindings[key] ?? []), { HostIp: ip.replace(/[[\]]/g, ''), HostPort: host }];
  }
  return bindings;
}

/** A restart policy: `no`, `always`, `unless-stopped`, `on-failure[:N]`. */
export function parseRestart(text: string): object {
  const [Name = '', count] = text.split(':');
  if (count !== undefined && !/^\d+$/.test(count))
    throw invalid(text, 'restart', 'maximum retry count must be an integer');
  return { Name, MaximumRetryCount: Number(count ?? 0) };
}

/** A limit: `nofile=1024:2048`. */
export function parseUlimit(text: string): object {
  const [, Name, soft, hard = soft] = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? [];
  if (Name === undefined) throw invalid(text, 'ulimit', `invalid ulimit argument: ${text}`);
  return { Name, Soft: Number(soft), Hard: Number(hard) };
}

/** A mount: `type=bind,source=/a,target=/b,readonly`. */
export function parseMount(text: string): object {
  const fields = new Map(
    text
      .split(',')
      .map((part) => [part.split('=')[0] ?? '', part.includes('=') ? part.slice(part.indexOf('=') + 1) : 'true']),
  );
  const take = (...names: string[]): string | undefined =>
    names.map((name) => fields.get(name)).find((value) => value !== undefined);
  const Type = take('type') ?? 'volume';
  const Target = take('target', 'dst', 'destination');
  if (Target === undefined) throw invalid(text, 'mount', 'target is required');
  const known = [
    'type',
    'source',
    'src',
    'target',
    'dst',
    'destination',
    'readonly',
    'ro',
    'bind-propagation',
    'volume-nocopy',
    'volume-driver',
    'tmpfs-size',
    'tmpfs-mode',
    'consistency',
  ];
  for (const name of fields.keys())
    if (!known.includes(name)) throw invalid(text, 'mount', `unexpected key '${name}' in '${text}'`);
  const size = take('tmpfs-size');
  const mode = take('tmpfs-mode');
  return {
    Type,
    Source: take('source', 'src') ?? '',
    Target,
    ReadOnly: ['true', '1'].includes(take('readonly', 'ro') ?? 'false'),
    ...(take('bind-propagation') === undefined ? {} : { BindOptions: { Propagation: take('bind-propagation') } }),
    ...(take('volume-nocopy') === undefined ? {} : { VolumeOptions: { NoCopy: true } }),
    ...(size === undefined && mode === undefined
      ? {}
      : {
          TmpfsOptions: {
            SizeBytes: size === undefined ? 0 : parseBytes(size, 'mount'),
            Mode: mode === undefined ? 0 : Number.parseInt(mode, 8),
          },
        }),
  };
}

function invalid(value: string, flag: string, reason: string): Error {
  return new Error(`invalid argument "${value}" for "--${flag}" flag: ${reason}`);
}
