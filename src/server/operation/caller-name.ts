import { hash, randomBytes } from 'node:crypto';
import type { CredentialHeaders, HeaderReader } from '../options.js';

/** Tells credentials and documents apart without keeping them. */
const salt = randomBytes(32).toString('base64');

/** A keyed hash over length-prefixed fields, so that no two lists can be mistaken for one another; null is not the empty text. */
export function nameFields(fields: readonly (string | null)[]): string {
  let text = salt;
  for (const field of fields) text += field === null ? '-' : `${field.length}:${field}`;
  return hash('sha256', text, 'base64');
}

/** Equal for callers with equal credentials, by which alone an answer may differ. */
export type NameCaller = (header: HeaderReader) => string;

export function createCallerNames({ headers }: CredentialHeaders): NameCaller {
  return (header) => nameFields(headers.map((name) => header(name)));
}
