import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** Texts and names in a form that tells nothing to those who hold them for us. */
export interface Seal {
  /** A short name for a long one; the same for the same secret. */
  name(plain: string): string;
  /** Encrypts a text for one place: moved elsewhere it does not open. */
  close(text: string, place: string): string;
  /** The text; undefined when it was sealed with another secret, for another place, or is damaged. */
  open(sealed: string, place: string): string | undefined;
}

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const NAME_BYTES = 18;

/** Derives all keys from the deployment's secret. */
export function createSeal(secret: string | Buffer): Seal {
  const key = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, 'headgate state v1', purpose, 32));
  const cipherKey = key('texts');
  const nameKey = key('names');
  return {
    name: (plain) => createHmac('sha256', nameKey).update(plain).digest().subarray(0, NAME_BYTES).toString('base64url'),
    close(text, place) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, cipherKey, nonce).setAAD(Buffer.from(place));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
    },
    open(sealed, place) {
      const bytes = Buffer.from(sealed, 'base64');
      if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
      const body = bytes.subarray(NONCE_BYTES + TAG_BYTES);
      const decipher = createDecipheriv(CIPHER, cipherKey, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(place))
        .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      try {
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}
