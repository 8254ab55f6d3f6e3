import { randomBytes } from 'node:crypto';
import { sha256Hex } from '../names.js';

/** Tables of the backend by the letter that their ids begin with: an id of one table is no id of another. */
export const tables = { users: 'n', templates: 'k', holders: 'j', badges: 'p' } as const;
export type Table = keyof typeof tables;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 32;

/** An id that is always the same for a label. */
export function idOf(table: Table, label: string): string {
  return spell(table, Buffer.from(sha256Hex(`${table}/${label}`), 'hex'));
}

/** An id that nobody had before. */
export function newId(table: Table): string {
  return spell(table, randomBytes(LENGTH));
}

export function isIdOf(table: Table, value: unknown): value is string {
  return typeof value === 'string' && value.length === LENGTH && value.startsWith(tables[table]);
}

function spell(table: Table, bytes: Buffer): string {
  return tables[table] + Array.from(bytes.subarray(1, LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}
