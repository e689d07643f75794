/** What somebody knows to authenticate with at a registry; any field may be empty. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** A refresh token: it is exchanged for tokens at the token service. */
  readonly identityToken: string;
  /** A bearer token, used as it is. */
  readonly registryToken: string;
  /** The whole `Authorization` header, used as it is. */
  readonly header?: string;
}

export const noCredentials: Credentials = { username: '', password: '', identityToken: '', registryToken: '' };

/** What a registry asks for: its host, the repository, and its `WWW-Authenticate` header. */
export interface AuthenticationRequest {
  readonly host: string;
  readonly reference: string;
  readonly challenge: string;
}

/** Finds credentials for a request. */
export type FindCredentials = (request: AuthenticationRequest) => Credentials | Promise<Credentials>;
