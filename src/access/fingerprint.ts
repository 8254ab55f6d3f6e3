import { createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/**
 * Names a credential without telling it: a keyed hash over length-prefixed fields, so that no two field lists can be
 * mistaken for one another and nobody can look a secret up.
 */
export type Fingerprint = (provider: string, baseUrl: string, ...fields: readonly string[]) => string;

/** Enough for the credentials in use; those that come rarely are hashed again. */
const REMEMBERED = 1_000;
const LONGEST_REMEMBERED = 1_024;

/** Credentials come again with every request, so the last ones are kept in memory with their names. */
export function createFingerprint(secret: Buffer): Fingerprint {
  const known = new LRUCache<string, string>({ max: REMEMBERED });
  return (provider, baseUrl, ...fields) => {
    let key = `${provider.length}:${provider}${baseUrl.length}:${baseUrl}`;
    for (const field of fields) key += `${field.length}:${field}`;
    const remembered = known.get(key);
    if (remembered !== undefined) return remembered;
    const name = hash(secret, ['v1', provider, baseUrl, ...fields]);
    if (key.length <= LONGEST_REMEMBERED) known.set(key, name);
    return name;
  };
}

function hash(secret: Buffer, fields: readonly string[]): string {
  const hmac = createHmac('sha256', secret);
  for (const field of fields) {
    const bytes = Buffer.from(field, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hmac.update(length).update(bytes);
  }
  return hmac.digest('hex').slice(0, 32);
}
