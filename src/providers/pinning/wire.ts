import { createHash } from 'node:crypto';
import { UpstreamError } from '../../errors.js';
import { cidKey, LONGEST_CID } from '../../values/cid.js';
import { parseDecimal } from '../../values/decimal.js';
import { parseInstant, type Instant } from '../../values/instant.js';
import { withoutKey, type Json, type JsonObject } from '../../values/json.js';
import type { ListAnswer, ListedPin } from './listing/listing.js';
import type { Pin, PinInput, PinStatus } from './model.js';
import { badResponse, type Reading as AnyReading } from '../reading.js';
import { isRequestId } from './request-id.js';
import {
  depthFits,
  freeMap,
  isFields,
  list,
  looseText,
  object,
  ShapeFault,
  text,
  texts,
  wholeNumber,
  type Odd,
} from './shape.js';
import { cut } from '../../values/cut.js';

/** The meta key that carries our marker: written with every pin, hidden from every reader. */
export const MARKER_KEY = 'gw_idem';

/** Far above what our own callers may give a pin: other clients of the service have other limits. */
const LONGEST_NAME = 4_096;
/** As of the addresses that our own callers give. */
const LONGEST_ADDRESS = 1_024;

const statusByWord: Readonly<Partial<Record<string, PinStatus>>> = {
  queued: 'QUEUED',
  pinning: 'PINNING',
  pinned: 'PINNED',
  failed: 'FAILED',
};
const allWords = ['queued', 'pinning', 'pinned', 'failed'] as const;

/** The words for these statuses, all four for none; statuses that only we know cannot be asked for. */
export function statusWords(statuses: readonly PinStatus[]): readonly string[] {
  const words = allWords.filter((word) => statuses.some((status) => statusByWord[word] === status));
  return words.length > 0 ? words : allWords;
}

/** What one call knows of its own answer. */
export interface Reading extends AnyReading {
  readonly service: string;
  /** Told of fields that are not as they should be, which does not spoil the answer. */
  readonly odd?: Odd;
}

/** One pin from the wire; `at` leads to it inside the answer. Throws bad_response naming the path of the first fault. */
export function parsePin(source: unknown, reading: Reading, at: readonly (string | number)[] = []): Pin {
  try {
    return readPin(source, reading.service, reading.odd ?? ignored);
  } catch (thrown) {
    throw asBadResponse(thrown, reading, at);
  }
}

const ignored: Odd = () => undefined;

function asBadResponse(thrown: unknown, reading: Reading, at: readonly (string | number)[]): unknown {
  if (!(thrown instanceof ShapeFault)) return thrown;
  return badResponse(reading, 'shape', pathText(thrown.path === '' ? at : [...at, thrown.path]));
}

/**
 * Written out, because a listing has hundreds of these rows and a general schema takes most of a request's time for them.
 * Without its id, its time and its CID a pin is nothing that could be shown; any other field may be odd.
 */
function readPin(source: unknown, service: string, odd: Odd): Pin {
  const row = object(source, '');
  const requestId = readId(row);
  if (requestId === null) throw new ShapeFault('requestid');
  const createdAt = parseInstant(text(row['created'], 'created'));
  if (createdAt === undefined) throw new ShapeFault('created');
  const pin = object(row['pin'], 'pin');
  const cid = text(pin['cid'], 'pin.cid');
  if (cid === '' || cid.length > LONGEST_CID) throw new ShapeFault('pin.cid');
  const status = row['status'];
  if (typeof status !== 'string') odd('status');
  const name = looseText(pin['name'], 'pin.name', LONGEST_NAME, odd);
  const origins = texts(pin['origins'], 'pin.origins', LONGEST_ADDRESS, odd);
  const written = freeMap(pin['meta'], 'pin.meta', odd);
  const delegates = texts(row['delegates'], 'delegates', LONGEST_ADDRESS, odd);
  const info = freeMap(row['info'], 'info', odd);
  const { status_details: details, pinned_until: until, dag_size: dagSize, raw_size: rawSize } = info;
  const read: Pin = {
    service,
    requestId,
    status: typeof status === 'string' ? (statusByWord[status] ?? 'UNKNOWN') : 'UNKNOWN',
    createdAt,
    cid,
    // Some services fill an unset name with the CID.
    name: name && name !== cid ? name : null,
    origins,
    meta: withoutKey(written, MARKER_KEY),
    // Also of a map that is left out for its size.
    marker: readableMarker(pin['meta']) ?? null,
    delegates,
    info,
    statusDetails: typeof details === 'string' ? details : null,
    dagSize: digits(dagSize),
    rawSize: digits(rawSize),
    pinnedUntil: typeof until === 'string' ? (parseInstant(until) ?? null) : null,
  };
  const nameUnread = name === null && isThere(pin['name']);
  // A map of which nothing had to be left out is the very one that came.
  const metaUnread = isThere(pin['meta']) && written !== pin['meta'];
  if (typeof status === 'string' && !nameUnread && !metaUnread) return read;
  return { ...read, unread: { status: typeof status !== 'string', name: nameUnread, meta: metaUnread } };
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Null when there is none to read. Some services count, and show numbers. */
function readId(row: Readonly<Record<string, unknown>>): string | null {
  const id = row['requestid'];
  const read = typeof id === 'number' && Number.isSafeInteger(id) ? String(id) : id;
  return typeof read === 'string' && isRequestId(read) ? read : null;
}

function markerIn(meta: JsonObject): string | null {
  const marker = meta[MARKER_KEY];
  return typeof marker === 'string' ? marker : null;
}

/** The protocol's longest page has a thousand; what is far above would only be work. */
const MOST_ROWS = 2_000;

/** A listing from the wire. A row that cannot be read becomes an error in its place; only the frame itself can fail it all. */
export function parseListing(source: unknown, reading: Reading): ListAnswer {
  const { count, rows } = readFrame(source, reading);
  if (rows.length > MOST_ROWS) throw badResponse(reading, 'too_large', 'results');
  return { count, results: rows.map((row, index) => parseRow(row, index, reading)) };
}

function readFrame(source: unknown, reading: Reading): { readonly count: number; readonly rows: readonly unknown[] } {
  try {
    const frame = object(source, '');
    const count = wholeNumber(frame['count'], 'count');
    // Some services write an empty list as null; beside a count it is a list that did not come.
    if (frame['results'] === null && count > 0) throw new ShapeFault('results');
    return { count, rows: list(frame['results'], 'results') };
  } catch (thrown) {
    throw asBadResponse(thrown, reading, []);
  }
}

/** A row that was read. Comparing contents is rare and costs more than reading the row, so the key is made when asked for. */
class Row implements ListedPin {
  readonly id: string;
  readonly createdAt: Instant;

  constructor(readonly pin: Pin) {
    this.id = pin.requestId;
    this.createdAt = pin.createdAt;
  }

  get cidKey(): string {
    return cidKey(this.pin.cid);
  }
}

function parseRow(row: unknown, index: number, reading: Reading): ListedPin {
  try {
    const pin = parsePin(row, reading, ['results', index]);
    return new Row(pin);
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    return { ...hintsOf(row), pin: error };
  }
}

/** What may still be known of a row that cannot be read: each field for itself. */
function hintsOf(row: unknown): Omit<ListedPin, 'pin'> {
  const fields = isFields(row) ? row : {};
  const pin = isFields(fields['pin']) ? fields['pin'] : undefined;
  const { created } = fields;
  const cid = pin?.['cid'];
  return {
    id: readId(fields) ?? unreadableId(row),
    createdAt: typeof created === 'string' ? (parseInstant(created) ?? null) : null,
    cidKey: typeof cid === 'string' && cid !== '' ? cidKey(cid) : null,
    marker: pin && readableMarker(pin['meta']),
  };
}

/** Undefined where it cannot be told whether there is a marker. */
function readableMarker(meta: unknown): string | null | undefined {
  if (meta === undefined || meta === null) return null;
  return isFields(meta) ? markerIn(meta as JsonObject) : undefined;
}

/** Stable for the same row, so that a page boundary can name it. */
function unreadableId(row: unknown): string {
  const text = depthFits(row) ? JSON.stringify(row) : 'deep';
  return `unreadable-${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
}

const PLAIN_DIGITS = /^(?:0|[1-9]\d{0,39})$/;

/** The digits of a whole number, however it came. */
function digits(value: Json | undefined): string | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null;
  // Nearly all are written so, and reading any other spelling takes twenty times as long.
  if (typeof value === 'string' && PLAIN_DIGITS.test(value)) return value;
  const text = parseDecimal(String(value).trim());
  return text !== undefined && /^\d{1,40}$/.test(text) ? text : null;
}

/** A path as errors tell it. */
function pathText(path: readonly PropertyKey[]): string {
  return cut(path.map(String).join('.'), 200);
}

/** The body that asks for this pin, marked as ours. Keys that are unset are left out. */
export function toPinBody(input: PinInput, marker: string): string {
  return JSON.stringify({
    cid: input.cid,
    ...(input.name === null ? {} : { name: input.name }),
    ...(input.origins.length === 0 ? {} : { origins: input.origins }),
    meta: { ...input.meta, [MARKER_KEY]: marker },
  });
}
