/** The files that tell a container who and where it is: /etc/hostname, /etc/hosts, /etc/resolv.conf. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Container } from '../containers/container.ts';
import { hasCode } from '../errors.ts';
import { networkKind } from './network-mode.ts';

const localHosts = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

/** Writes the three files. */
export function writeNetworkFiles({ record, paths }: Container): void {
  const { config, hostConfig } = record;
  const host = networkKind(hostConfig.NetworkMode) === 'host';
  writeFileSync(paths.hostname, `${config.Hostname}\n`);
  const extra = (hostConfig.ExtraHosts ?? []).map(extraLine).join('');
  writeFileSync(paths.hosts, `${host ? readIfPresent('/etc/hosts') : localHosts}${extra}`);
  writeFileSync(paths.resolvConf, resolvConf(hostConfig));
}

/** The machine's name servers, unless the container has its own. */
function resolvConf({ Dns, DnsSearch, DnsOptions }: Container['record']['hostConfig']): string {
  const lines = readIfPresent('/etc/resolv.conf')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const chosen = (
    own: readonly string[] | null,
    keyword: string,
    format: (values: readonly string[]) => string[],
  ): string[] =>
    own !== null && own.length > 0 ? format(own) : lines.filter((line) => line.trimStart().startsWith(keyword));
  const written = [
    ...chosen(DnsSearch, 'search', (values) =>
      values.length === 1 && values[0] === '.' ? [] : [`search ${values.join(' ')}`],
    ),
    ...chosen(Dns, 'nameserver', (values) => values.map((value) => `nameserver ${value}`)),
    ...chosen(DnsOptions, 'options', (values) => [`options ${values.join(' ')}`]),
  ];
  return written.length === 0 ? '' : `${written.join('\n')}\n`;
}

function extraLine(text: string): string {
  const colon = text.indexOf(':');
  return `${text.slice(colon + 1).replace(/^\[|\]$/g, '')}\t${text.slice(0, colon)}\n`;
}

function readIfPresent(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}
