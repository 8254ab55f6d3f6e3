import { InvalidInput, type InputIssue } from '../../errors.js';
import { parseCid, type ParsedCid } from '../../values/cid.js';
import type { Instant } from '../../values/instant.js';
import type { Json } from '../../values/json.js';
import { isPeerAddress } from '../../values/multiaddr.js';
import type { PinInput, PinQuery, PinStatus, TextMatch } from './model.js';
import { MARKER_KEY, toPinBody } from './wire.js';

/** Counted as people do, and as JSON Schema does: a letter outside the basic plane is one. */
const MAX_NAME_CHARACTERS = 255;
const MAX_ORIGINS = 20;
const MAX_META_KEYS = 1000;
const MAX_META_VALUE = 4096;
const MAX_BODY_BYTES = 64 * 1024;
const MAX_CIDS = 100;
/** As long as a marker gets; the body limit must hold with it. */
const MARKER_ROOM = 'x'.repeat(64);

/** A pin as a caller describes it, unchecked: what is absent may be null or left out. */
export interface LoosePinInput {
  readonly cid: string;
  readonly name?: string | null | undefined;
  readonly origins?: readonly string[] | null | undefined;
  readonly meta?: Json | undefined;
}

/** A filter as a caller describes it, unchecked. */
export interface LoosePinQuery {
  readonly cids?: readonly string[] | null | undefined;
  readonly name?: string | null | undefined;
  readonly match?: TextMatch | null | undefined;
  readonly status?: readonly PinStatus[] | null | undefined;
  readonly createdAfter?: Instant | null | undefined;
  readonly createdBefore?: Instant | null | undefined;
  readonly meta?: Json | undefined;
}

/** Collects every issue below one argument. */
class Issues {
  readonly #issues: InputIssue[] = [];
  constructor(readonly root: string) {}
  add(path: readonly (string | number)[], message: string): void {
    this.#issues.push({ path: [this.root, ...path], message });
  }
  throwAny(): void {
    if (this.#issues.length > 0) throw new InvalidInput(this.#issues);
  }
}

/** Checks what a caller wants pinned; throws InvalidInput with every issue, named `input.cid` and so on. */
export function parsePinInput(loose: LoosePinInput): PinInput {
  const issues = new Issues('input');
  if (!parseCid(loose.cid)) issues.add(['cid'], 'is not a CID');
  const input: PinInput = {
    cid: loose.cid,
    name: checkName(loose.name, issues),
    origins: checkOrigins(loose.origins ?? [], issues),
    meta: checkMeta(loose.meta, issues) ?? {},
  };
  issues.throwAny();
  if (Buffer.byteLength(toPinBody(input, MARKER_ROOM)) > MAX_BODY_BYTES)
    issues.add([], `takes more than ${MAX_BODY_BYTES} bytes`);
  issues.throwAny();
  return input;
}

/** Checks a filter; throws InvalidInput with every issue, named `filter.cids` and so on. CIDs of equal meaning become one. */
export function parsePinQuery(loose: LoosePinQuery): PinQuery {
  const issues = new Issues('filter');
  const query: PinQuery = {
    cids: checkCids(loose.cids ?? [], issues),
    name: checkName(loose.name, issues),
    match: loose.match ?? 'EXACT',
    status: [...new Set(loose.status ?? [])],
    createdAfter: loose.createdAfter ?? null,
    createdBefore: loose.createdBefore ?? null,
    meta: checkMeta(loose.meta, issues),
  };
  issues.throwAny();
  return query;
}

function checkCids(texts: readonly string[], issues: Issues): ParsedCid[] {
  if (texts.length > MAX_CIDS) {
    issues.add(['cids'], `has more than ${MAX_CIDS} CIDs`);
    return [];
  }
  const byKey = new Map<string, ParsedCid>();
  texts.forEach((text, index) => {
    const cid = parseCid(text);
    if (!cid) issues.add(['cids', index], 'is not a CID');
    else if (!byKey.has(cid.key)) byKey.set(cid.key, cid);
  });
  return [...byKey.values()];
}

function checkName(name: string | null | undefined, issues: Issues): string | null {
  if (name === null || name === undefined || name === '') return null;
  if (name.length > MAX_NAME_CHARACTERS && hasMoreCharacters(name, MAX_NAME_CHARACTERS))
    issues.add(['name'], `has more than ${MAX_NAME_CHARACTERS} characters`);
  else if (/\p{Cs}/u.test(name)) issues.add(['name'], 'is not well-formed Unicode');
  return name;
}

function hasMoreCharacters(text: string, most: number): boolean {
  if (text.length > 2 * most) return true;
  return Array.from(text).length > most;
}

function checkOrigins(origins: readonly string[], issues: Issues): readonly string[] {
  if (origins.length > MAX_ORIGINS) {
    issues.add(['origins'], `has more than ${MAX_ORIGINS} addresses`);
    return [];
  }
  origins.forEach((origin, index) => {
    if (origins.indexOf(origin) < index) issues.add(['origins', index], 'is there twice');
    else if (!isPeerAddress(origin)) issues.add(['origins', index], 'is not a multiaddr that ends in /p2p/<peer id>');
  });
  return origins;
}

function checkMeta(meta: Json | undefined, issues: Issues): Record<string, string> | null {
  if (meta === null || meta === undefined) return null;
  if (!isObject(meta)) {
    issues.add(['meta'], 'is not an object');
    return null;
  }
  const entries = Object.entries(meta);
  if (entries.length > MAX_META_KEYS) {
    issues.add(['meta'], `has more than ${MAX_META_KEYS} keys`);
    return null;
  }
  // From entries, so that a key such as __proto__ stays an ordinary key.
  return Object.fromEntries(
    entries.flatMap(([key, value]) => {
      const text = checkMetaValue(key, value, issues);
      return text === undefined ? [] : [[key, text]];
    }),
  );
}

function checkMetaValue(key: string, value: Json, issues: Issues): string | undefined {
  if (key === MARKER_KEY) issues.add(['meta', key], 'is reserved to the gateway');
  else if (typeof value !== 'string') issues.add(['meta', key], 'is not a string');
  else if (value.length > MAX_META_VALUE) issues.add(['meta', key], `is longer than ${MAX_META_VALUE} characters`);
  else if (/\p{Cs}/u.test(key + value)) issues.add(['meta', key], 'is not well-formed Unicode');
  else return value;
  return undefined;
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
