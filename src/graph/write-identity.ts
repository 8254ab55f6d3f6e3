import type { Access } from '../access/access.js';

/** Names whose write this is and under which key, as the writes engine wants it. */
export function writeIdentity(
  access: Access,
  provider: Parameters<Access['writer']>[0],
  operation: string,
  key: string | null | undefined,
  /** Names the credential in use, where it may be a caller's own. */
  fingerprint?: string,
) {
  const countedAs = access.limitedAs(fingerprint);
  return { principal: access.writer(provider), countedAs, operation, key: key ?? undefined };
}
