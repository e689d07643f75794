/** Registry credentials as clients send them: base64url JSON in `X-Registry-Auth`. */

import type { Credentials as Known } from '@drydock/transfer/registry/credentials';
import { z } from 'zod';
import { badParameter } from '../../errors.ts';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

/** What a client knows to authenticate with; all fields may be empty. */
export const Credentials = z
  .looseObject({
    username: text,
    password: text,
    auth: text,
    serveraddress: text,
    identitytoken: text,
    registrytoken: text,
  })
  .transform(({ username, password, auth, serveraddress, identitytoken, registrytoken }) => {
    const [user, ...rest] = Buffer.from(auth, 'base64').toString('utf8').split(':');
    const split = username === '' && auth !== '';
    return {
      username: split ? (user ?? '') : username,
      password: split ? rest.join(':') : password,
      serverAddress: serveraddress,
      identityToken: identitytoken,
      registryToken: registrytoken,
    };
  });
export type Credentials = Known & { readonly serverAddress: string };

export const noCredentials: Credentials = {
  username: '',
  password: '',
  serverAddress: '',
  identityToken: '',
  registryToken: '',
};

/** Reads the header. A missing or empty one means none. */
export function parseCredentials(header: string | undefined): Credentials {
  if (header === undefined || header === '') return noCredentials;
  try {
    return Credentials.parse(JSON.parse(Buffer.from(header, 'base64url').toString('utf8')));
  } catch {
    throw badParameter('invalid X-Registry-Auth header: it must be base64url-encoded JSON');
  }
}
