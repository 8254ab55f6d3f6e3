import { parseCid } from '../../values/cid.js';
import { Refusal } from '../routes.js';

const MAX_NAME_LENGTH = 255;
export const MAX_META_KEYS = 1000;
const MAX_ORIGINS = 20;
/** Some protocols with their values, and at the end the peer that is spoken to. */
const MULTIADDR = /^(?:\/[^/\s]+)+\/p2p\/[A-Za-z0-9]+$/;

/** What a client asks to be pinned; what was not sent is absent, as it is in answers. */
export interface PinBody {
  readonly cid: string;
  readonly name?: string;
  readonly origins?: readonly string[];
  readonly meta?: Readonly<Record<string, string>>;
}

/** Reads the body of an add or a replace; throws a 400 that names the first thing wrong. Keys it does not know are dropped. */
export function parsePinBody(body: unknown): PinBody {
  if (!isObject(body)) throw bad('The body must be a JSON object');
  const { cid, name, origins, meta } = body;
  if (typeof cid !== 'string' || !parseCid(cid)) throw bad('cid is required and must be a valid CID');
  return {
    cid,
    ...(name !== undefined && { name: parseName(name) }),
    ...(origins !== undefined && { origins: parseOrigins(origins) }),
    ...(meta !== undefined && { meta: parseMeta(meta) }),
  };
}

/** A pin's name: at most 255 characters. */
export function parseName(name: unknown): string {
  // Counted as JSON Schema counts: an emoji is one character, though a string holds two units for it.
  if (typeof name !== 'string' || Array.from(name).length > MAX_NAME_LENGTH) {
    throw bad(`name must be a string of ${MAX_NAME_LENGTH} characters at most`);
  }
  return name;
}

function parseOrigins(origins: unknown): string[] {
  const isAddress = (value: unknown): value is string => typeof value === 'string' && MULTIADDR.test(value);
  if (!Array.isArray(origins) || !origins.every(isAddress))
    throw bad('origins must be a list of multiaddrs that end with /p2p/{peer id}');
  if (origins.length > MAX_ORIGINS) throw bad(`origins may have ${MAX_ORIGINS} items at most`);
  if (new Set(origins).size !== origins.length) throw bad('origins must not repeat an item');
  return origins;
}

/** Metadata: at most 1000 keys, every value a string. */
export function parseMeta(meta: unknown): Record<string, string> {
  if (!isObject(meta)) throw bad('meta must be a JSON object');
  if (Object.keys(meta).length > MAX_META_KEYS) throw bad(`meta may have ${MAX_META_KEYS} keys at most`);
  const isString = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === 'string';
  const entries = Object.entries(meta);
  if (!entries.every(isString)) throw bad('The values in meta must be strings');
  // From entries and not by assignment, which would lose a key called __proto__.
  return Object.fromEntries(entries);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A 400 with an explanation. */
export function bad(details: string): Refusal {
  return new Refusal(400, 'BAD_REQUEST', details);
}
