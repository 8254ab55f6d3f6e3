import { createHmac, timingSafeEqual } from 'node:crypto';
import { invalidInput } from '../errors.js';
import type { Json } from '../values/json.js';

const NOT_GENUINE =
  'this cursor is damaged, or comes from another listing, filter or credential, or from before a restart without ' +
  'HEADGATE_SECRET; begin at the first page';

/** Seals positions into cursors that only the same listing, filter and credential can open. */
export interface Cursors {
  /** `listing` names the connection and its filter, when a cursor is opened or sealed; `fingerprint` the credential it is read with. */
  bind(listing: () => string, fingerprint: string): BoundCursors;
}

export interface BoundCursors {
  seal(position: Json): string;
  /** The position; InvalidInput naming `argument` when the cursor is damaged or belongs elsewhere. */
  open(cursor: string, argument: string): Json;
}

const VERSION = 'c1';
const TAG_BYTES = 16;

export function createCursors(secret: Buffer): Cursors {
  const tagOf = (binding: string, payload: string) =>
    createHmac('sha256', secret)
      .update(`cursor\0${VERSION}\0${binding}\0${payload}`)
      .digest()
      .subarray(0, TAG_BYTES)
      .toString('base64url');

  return {
    bind(listing, fingerprint) {
      let named: string | undefined;
      const binding = () => (named ??= JSON.stringify([listing(), fingerprint]));
      return {
        seal(position) {
          const payload = Buffer.from(JSON.stringify(position), 'utf8').toString('base64url');
          return `${VERSION}.${payload}.${tagOf(binding(), payload)}`;
        },
        open(cursor, argument) {
          const [version, payload = '', tag = '', ...rest] = cursor.split('.', 4);
          // Compared as text: the last character of a tag has bits to spare, and decoding overlooks a change in them.
          const given = Buffer.from(tag, 'utf8');
          const wanted = Buffer.from(tagOf(binding(), payload), 'utf8');
          const genuine =
            version === VERSION &&
            rest.length === 0 &&
            given.length === wanted.length &&
            timingSafeEqual(given, wanted);
          if (!genuine) throw invalidInput(argument, NOT_GENUINE);
          return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Json;
        },
      };
    },
  };
}
