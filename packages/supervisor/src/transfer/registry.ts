/** A registry as a transfer's source or destination: its hosts, and credentials that the client is asked for over a stream. */
import { packAny, unpackAny } from '@drydock/rpc/any';
import { invalidArgument, RpcError } from '@drydock/rpc/errors';
import { AuthRequest, AuthResponse, AuthType, type OCIRegistry } from '@drydock/rpc/generated/transfer_types';
import { type Credentials, type FindCredentials, noCredentials } from '@drydock/transfer/registry/credentials';
import { hostsOf } from '@drydock/transfer/registry/hosts-toml';
import { Remote } from '@drydock/transfer/registry/remote';
import { parseRemoteReference } from '@drydock/transfer/remote-reference';
import type { AnyStream } from '@drydock/transfer/stream/stream';

export interface RegistryParts {
  readonly purpose: 'pull' | 'push';
  readonly signal: AbortSignal;
  /** Finds the streams that the registry's description names. */
  readonly stream: (name: string) => AnyStream;
}

/** Opens the repository that a registry's description refers to. */
export function openRegistry({ reference, resolver }: OCIRegistry, { purpose, signal, stream }: RegistryParts): Remote {
  const parsed = parseRemoteReference(reference);
  const scheme = resolver?.defaultScheme ?? '';
  if (!['', 'http', 'https'].includes(scheme))
    throw invalidArgument(`default_scheme "${scheme}": http or https is wanted: invalid argument`);
  const hosts = hostsOf(parsed.domain, {
    directory: resolver?.hostDir || undefined,
    scheme: (scheme || undefined) as 'http' | 'https' | undefined,
  }).map((host) => ({ ...host, headers: { ...host.headers, ...resolver?.headers } }));
  const credentials = resolver?.authStream ? askClient(stream(resolver.authStream)) : () => noCredentials;
  return new Remote({ hosts, reference: parsed, credentials, purpose, signal });
}

/** One question at a time: an answer does not say which it belongs to. */
function askClient(stream: AnyStream): FindCredentials {
  let last: Promise<unknown> = Promise.resolve();
  return ({ host, reference, challenge }) => {
    const answer = last.then(async () => {
      stream.send(packAny(AuthRequest, { host, reference, wwwauthenticate: [challenge] }));
      const message = await stream.receive();
      if (message === undefined)
        throw new RpcError('unavailable', `credentials for ${host}: the client ended the stream: unavailable`);
      return fromAnswer(unpackAny(AuthResponse, message));
    });
    last = answer.catch(() => undefined);
    return answer;
  };
}

function fromAnswer({ authType, username, secret }: AuthResponse): Credentials {
  if (authType === AuthType.CREDENTIALS) return { ...noCredentials, username, password: secret };
  if (authType === AuthType.REFRESH) return { ...noCredentials, identityToken: secret };
  return authType === AuthType.HEADER ? { ...noCredentials, header: secret } : noCredentials;
}
