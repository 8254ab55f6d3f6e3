import { hash, timingSafeEqual } from 'node:crypto';
import { closestMatch } from 'leven';
import type { OperatorScope } from './scopes.js';

/** A trusted server: the name of its key and what that key may do. */
export interface Operator {
  readonly name: string;
  readonly scopes: ReadonlySet<OperatorScope>;
}

/** A configured operator key: only its SHA-256 is known. */
export interface OperatorKey extends Operator {
  readonly sha256: string;
}

/** Reads `GATEWAY_KEYS`: `name:sha256hex:scope+scope`, comma-separated. Answers the first fault as text, without values. */
export function parseOperatorKeys(text: string, known: readonly OperatorScope[]): readonly OperatorKey[] | string {
  const keys: OperatorKey[] = [];
  const entries = text.split(',').map((part) => part.trim());
  for (const [index, entry] of entries.filter(Boolean).entries()) {
    const key = parseEntry(entry, known);
    if (typeof key === 'string') return `entry ${index + 1}: ${key}`;
    if (keys.some(({ name }) => name === key.name)) return `entry ${index + 1} repeats a name`;
    keys.push(key);
  }
  return keys;
}

/** Of no text at all, and of a line end alone: what a shell makes of a variable that is not set. */
const HASHES_OF_NOTHING: ReadonlySet<string> = new Set(['', '\n', '\r\n'].map((text) => hash('sha256', text, 'hex')));

/** One entry, or what is wrong with which part of it. */
function parseEntry(entry: string, known: readonly OperatorScope[]): OperatorKey | string {
  if (known.some((scope) => scope === entry))
    return 'is a scope by itself: scopes of one key are joined with +, entries with commas';
  const [name = '', sha256, ...rest] = entry.split(':');
  if (sha256 === undefined || rest.length === 0)
    return 'must be name:sha256hex:scope+scope, and has fewer than three parts';
  if (!/^[a-z0-9_-]+$/.test(name)) return 'the name (first part) may hold a-z, 0-9, _ and -';
  if (!/^[0-9a-f]{64}$/.test(sha256))
    return 'the hash (second part) must be the SHA-256 of the key as 64 lower-case hex digits; `headgate key` makes both';
  if (HASHES_OF_NOTHING.has(sha256))
    return 'the hash (second part) is that of an empty text, so the key was not there when it was made; `headgate key` makes both';
  const scopes = rest.join(':').split('+').filter(Boolean);
  if (scopes.length === 0) return `the scopes (third part) are missing; known are ${known.join(' ')}`;
  const wrong = scopes.findIndex((scope) => !known.some((one) => one === scope));
  if (wrong >= 0) {
    const meant = closestMatch(scopes[wrong] ?? '', [...known], { maxDistance: 3 });
    const hint = meant === undefined ? '' : `did you mean ${meant}? `;
    return `scope ${wrong + 1} (third part) is unknown; ${hint}known are ${known.join(' ')}`;
  }
  return { name, sha256, scopes: new Set(known.filter((scope) => scopes.includes(scope))) };
}

/** Finds whose key this is. Every configured key is compared, each in constant time, so the answer's delay tells nothing. */
export function findOperator(keys: readonly OperatorKey[], presented: string): Operator | null {
  // A buffer made for each request would cost as much as the hash.
  digestOfPresented.write(hash('sha256', presented, 'binary'), 'latin1');
  let found: Operator | null = null;
  for (const key of keys) {
    if (timingSafeEqual(digestOfPresented, digestOf(key))) found = key;
  }
  return found;
}

const digestOfPresented = Buffer.alloc(32);
const digests = new WeakMap<OperatorKey, Buffer>();

function digestOf(key: OperatorKey): Buffer {
  let digest = digests.get(key);
  if (digest === undefined) digests.set(key, (digest = Buffer.from(key.sha256, 'hex')));
  return digest;
}
