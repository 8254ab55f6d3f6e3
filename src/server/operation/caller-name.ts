import { hash, randomBytes } from 'node:crypto';
import { credentialHeaders } from '../http/headers.js';
import type { HeaderReader } from '../options.js';

/** Tells credentials and documents apart without keeping them. */
const salt = randomBytes(32).toString('base64');

/** A keyed hash over length-prefixed fields, so that no two lists can be mistaken for one another; null is not the empty text. */
export function nameFields(fields: readonly (string | null)[]): string {
  let text = salt;
  for (const field of fields) text += field === null ? '-' : `${field.length}:${field}`;
  return hash('sha256', text, 'base64');
}

/** Equal for callers with equal credentials, by which alone an answer may differ. */
export function nameCaller(header: HeaderReader): string {
  return nameFields(credentialHeaders.map((name) => header(name)));
}
