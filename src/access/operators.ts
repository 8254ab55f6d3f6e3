import { hash, timingSafeEqual } from 'node:crypto';
import type { OperatorScope } from './rights.js';

/** A trusted server: the name of its key and what that key may do. */
export interface Operator {
  readonly name: string;
  readonly scopes: ReadonlySet<OperatorScope>;
}

/** A configured operator key: only its SHA-256 is known. */
export interface OperatorKey extends Operator {
  readonly sha256: string;
}

const ENTRY = /^([a-z0-9_-]+):([0-9a-f]{64}):(.*)$/;

/** Reads `GATEWAY_KEYS`: `name:sha256hex:scope+scope`, comma-separated. Answers the first fault as text, without values. */
export function parseOperatorKeys(text: string, known: readonly OperatorScope[]): readonly OperatorKey[] | string {
  const keys: OperatorKey[] = [];
  for (const [index, entry] of text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .entries()) {
    const match = ENTRY.exec(entry);
    if (!match) return `entry ${index + 1} must be name:sha256hex:scope+scope`;
    const [, name = '', sha256 = '', scopeText = ''] = match;
    const scopes = scopeText.split('+').filter(Boolean);
    const given = known.filter((scope) => scopes.includes(scope));
    if (given.length !== new Set(scopes).size || given.length === 0)
      return `entry ${index + 1} names an unknown scope; known are ${known.join(' ')}`;
    if (keys.some((key) => key.name === name)) return `entry ${index + 1} repeats a name`;
    keys.push({ name, sha256, scopes: new Set(given) });
  }
  return keys;
}

/** Finds whose key this is. Every configured key is compared, each in constant time, so the answer's delay tells nothing. */
export function findOperator(keys: readonly OperatorKey[], presented: string): Operator | null {
  const digest = hash('sha256', presented, 'buffer');
  let found: Operator | null = null;
  for (const key of keys) {
    if (timingSafeEqual(digest, digestOf(key))) found = key;
  }
  return found;
}

const digests = new WeakMap<OperatorKey, Buffer>();

function digestOf(key: OperatorKey): Buffer {
  let digest = digests.get(key);
  if (digest === undefined) digests.set(key, (digest = Buffer.from(key.sha256, 'hex')));
  return digest;
}
