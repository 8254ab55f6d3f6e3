import { createHmac } from 'node:crypto';

/**
 * Names a credential without telling it: a keyed hash over length-prefixed fields, so that no two field lists can be
 * mistaken for one another and nobody can look a secret up.
 */
export type Fingerprint = (provider: string, baseUrl: string, ...fields: readonly string[]) => string;

export function createFingerprint(secret: Buffer): Fingerprint {
  return (provider, baseUrl, ...fields) => {
    const hmac = createHmac('sha256', secret);
    for (const field of ['v1', provider, baseUrl, ...fields]) {
      const bytes = Buffer.from(field, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      hmac.update(length).update(bytes);
    }
    return hmac.digest('hex').slice(0, 32);
  };
}
