import { createHash, createHmac, randomUUID } from 'node:crypto';
import { invalidInput } from '../errors.js';
import { canonicalJson } from '../values/canonical-json.js';
import type { Json } from '../values/json.js';
import type { Write } from './writes.js';

/** All names of one write. Nothing in it reveals the client's key but `key` itself, which is never stored. */
export interface WriteIdentity {
  readonly key: string;
  /** The caller chose the key. */
  readonly keyed: boolean;
  /** Where its record is kept: the principal's own. */
  readonly recordKey: string;
  /** How often people have freed the key: no name of an object is the same in two generations. */
  readonly generation: number;
  /** What marks the object written; the same in every process and life with the same secret, another in each generation. */
  readonly marker: string;
  /** The markers of the generations before. */
  readonly former: readonly string[];
  /** Equal for equal payloads. */
  readonly payload: string;
  /** Whose records these are: each caller holds a bounded part of them. */
  readonly caller: string;
  /** Never sent twice: its record alone keeps it from being done again, and so is kept for long and never left to chance. */
  readonly lasting: boolean;
}

/** Where a record lies, whose it is, of which generation of its key it tells, and how long it has to last. */
export type RecordName = Pick<WriteIdentity, 'recordKey' | 'caller' | 'generation' | 'lasting'>;

/** Printable: no control or format characters, unpaired surrogates, or line ends. */
const KEY = /^[^\p{C}\p{Zl}\p{Zp}]{1,255}$/u;

/**
 * Checks the key (or makes one up) and derives the names. The marker is keyed with the deployment's secret: whoever sees one
 * learns nothing from it, and nobody else can make one. Throws InvalidInput.
 */
export function identify(
  write: Omit<Write<Json>, 'send' | 'find'>,
  secret: string | Buffer,
  generation = 0,
): WriteIdentity {
  if (write.key !== undefined && !KEY.test(write.key)) {
    throw invalidInput('input.idempotencyKey', 'must be 1 to 255 printable characters');
  }
  const key = write.key ?? randomUUID();
  const names = [write.operation, write.principal, key];
  const markerIn = (nth: number): string =>
    createHmac('sha256', secret)
      .update(lengthPrefixed('marker v2', ...names, ...(nth === 0 ? [] : [String(nth)])))
      .digest('hex')
      .slice(0, 32);
  return {
    key,
    keyed: write.key !== undefined,
    recordKey: recordKeyOf(write.operation, write.principal, key),
    generation,
    marker: markerIn(generation),
    former: Array.from({ length: generation }, (_, nth) => markerIn(nth)),
    payload: sha256(canonicalJson(write.payload)),
    caller: write.countedAs ?? write.principal,
    lasting: write.resend === 'never' && write.key !== undefined,
  };
}

/** Where the record of one caller's key is kept. */
export function recordKeyOf(operation: string, principal: string, key: string): string {
  return `write:${operation}:${principal}:${keyHash(key)}`;
}

/** A key as records name it. */
export function keyHash(key: string): string {
  return sha256(key);
}

/** Lengths in front, so that no two lists of texts run together into the same bytes. */
function lengthPrefixed(...texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
