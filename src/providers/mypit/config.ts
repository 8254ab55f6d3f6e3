import { z } from 'zod';
import type { SettingsReader } from '../provider.js';

const OPEN_API = 'https://mypit-api.daosolution.io';

/** What a request is made with: the two secrets, and on whose behalf. */
export interface MyPitFields {
  readonly clientId: string;
  readonly secretKey: string;
  /** The acting user: owner of templates and holders, issuer of badges. */
  readonly userId: string;
  /** Needed to create holders, and for nothing else. */
  readonly issuerDid: string | null;
}

/** Settings of the MyPit OPEN API. */
export interface MyPitConfig {
  readonly baseUrl: string;
  /** The server's own; undefined = only callers who bring theirs can be served. */
  readonly fields: MyPitFields | undefined;
}

const printable = z.string().regex(/^[\x21-\x7e]{1,1024}$/, 'must be printable characters without spaces');

export function readMyPitConfig(settings: SettingsReader): MyPitConfig {
  const baseUrl = settings.url('MYPIT_BASE_URL', OPEN_API) ?? OPEN_API;
  const clientId = settings.read('MYPIT_CLIENT_ID', printable);
  const secretKey = settings.read('MYPIT_SECRET_KEY', printable);
  const userId = settings.read('MYPIT_USER_ID', printable);
  const issuerDid = settings.read('MYPIT_ISSUER_DID', printable) ?? null;
  for (const [name, partner] of [
    ['MYPIT_CLIENT_ID', 'MYPIT_SECRET_KEY'],
    ['MYPIT_SECRET_KEY', 'MYPIT_CLIENT_ID'],
  ] as const) {
    if (settings.has(name) && !settings.has(partner)) settings.problem(partner, `must be set together with ${name}`);
  }
  const opened = settings.has('MYPIT_CLIENT_ID') || settings.has('MYPIT_SECRET_KEY');
  if (opened && !settings.has('MYPIT_USER_ID'))
    settings.problem('MYPIT_USER_ID', 'must be set together with MYPIT_CLIENT_ID');
  if (clientId === undefined || secretKey === undefined || userId === undefined) return { baseUrl, fields: undefined };
  return { baseUrl, fields: { clientId, secretKey, userId, issuerDid } };
}
