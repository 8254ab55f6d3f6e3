import { createHash } from 'node:crypto';
import { isLosslessNumber, stringify, type LosslessNumber } from 'lossless-json';
import { z } from 'zod';
import { UpstreamError } from '../../errors.js';
import { parseDecimal } from '../../values/decimal.js';
import { instantFromMillis, type Instant } from '../../values/instant.js';
import { isJsonObject, type Json } from '../../values/json.js';
import { isLosslessObject, parseLossless } from '../../values/lossless.js';
import { plainJson } from '../../values/plain-json.js';
import { badResponse, type Reading } from '../reading.js';
import { unwrap } from './body.js';
import {
  badgeState,
  type BadgeTemplate,
  type BadgeType,
  type Holder,
  type IssuedBadge,
  type KnownBadgeType,
  type Listed,
} from './model.js';

/** The key of badge data that carries our marker: written with every badge, hidden from every reader. */
export const MARKER_KEY = 'gw_idem';

const types = new Map<string, KnownBadgeType>([
  ['mobility', 'MOBILITY'],
  ['achievement', 'ACHIEVEMENT'],
  ['healthcare', 'HEALTHCARE'],
  ['finance', 'FINANCE'],
]);
/** Times below this are seconds, others milliseconds: the upstream does not say which it sends. */
const MILLIS_FROM = 1e11;
const LAST_MILLIS = 253_402_300_799_999;
const MAX_DAYS = 2_147_483_647;
/** A page has a hundred; what is far above would only be work. */
const MOST_ROWS = 1_000;

const number = z.custom<LosslessNumber>(isLosslessNumber, 'not a number');
const optionalText = z
  .string()
  .nullish()
  .transform((text) => text ?? null);
/** Nothing, 0 and null all say that there is no such moment. */
const time = number.nullish().transform((value, context): Instant | null => {
  const stamp = value ? Number(value.value) : 0;
  if (stamp === 0) return null;
  const millis = stamp < MILLIS_FROM ? stamp * 1000 : stamp;
  if (millis > 0 && millis <= LAST_MILLIS) return instantFromMillis(millis);
  context.addIssue({ code: 'custom', message: 'not a moment' });
  return z.NEVER;
});
const days = number.nullish().transform((value, context): number | null => {
  const count = value ? Number(value.value) : 0;
  if (Number.isInteger(count) && count <= MAX_DAYS) return count > 0 ? count : null;
  context.addIssue({ code: 'custom', message: 'not a number of days' });
  return z.NEVER;
});
const price = number.nullish().transform((value, context): string | null => {
  const parsed = value ? parseDecimal(value.value) : null;
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'not a price' });
  return z.NEVER;
});
const id = z.string().min(1);

const templateDto = z
  .object({
    _id: id,
    name: z.string(),
    type: optionalText,
    typeOfBadge: optionalText,
    description: optionalText,
    criteria: optionalText,
    validityPeriod: days,
    imageUrl: optionalText,
    backgroundColor: optionalText,
    textColor: optionalText,
    price,
    isActive: z
      .boolean()
      .nullish()
      .transform((active) => active ?? true),
    ownerId: id,
    createdAt: time,
    updatedAt: time,
    _creationTime: time,
  })
  .refine((dto) => (dto.type ?? dto.typeOfBadge) !== null, { path: ['type'] });

const holderDto = z.object({
  _id: id,
  name: optionalText,
  email: optionalText,
  phone: optionalText,
  ownerId: id.nullish(),
  holderDid: optionalText,
  issuerDid: optionalText,
  memo: optionalText,
  holderId: optionalText,
});

const issuedBadgeDto = z.object({
  _id: id,
  templateId: id,
  recipientId: id,
  issuerId: id,
  issuedAt: time,
  expiresAt: time,
  status: optionalText,
  type: optionalText,
  badgeData: z
    .unknown()
    .optional()
    .transform((value, context): Json => {
      const plain = plainJson(unpacked(value) ?? null);
      if (plain !== undefined) return plain;
      context.addIssue({ code: 'custom', message: 'not of sensible depth' });
      return z.NEVER;
    }),
});

/** One template from the wire; `at` leads to it inside the answer. Throws bad_response naming the path of the first fault. */
export function parseBadgeTemplate(source: unknown, reading: Reading, at: Path = []): BadgeTemplate {
  const { _id, type, typeOfBadge, validityPeriod, createdAt, _creationTime, ...rest } = checked(
    templateDto,
    unwrapped(source, at),
    reading,
    at,
  );
  const word = type ?? typeOfBadge ?? '';
  return {
    ...rest,
    templateId: _id,
    type: typeOf(word),
    typeWord: word,
    validityPeriodDays: validityPeriod,
    createdAt: createdAt ?? _creationTime,
  };
}

/** One holder from the wire. Whose it is may be left out: then it is the acting user's, in whose list it stands. */
export function parseHolder(source: unknown, userId: string, reading: Reading, at: Path = []): Holder {
  const { _id, holderDid, holderId, ownerId, ...rest } = checked(holderDto, unwrapped(source, at), reading, at);
  return { ...rest, holderId: _id, did: holderDid, externalId: holderId, ownerId: ownerId ?? userId };
}

/** Data that comes as the text of its JSON is what that text says, or our marker would be shown, and found by nobody. */
function unpacked(data: unknown): unknown {
  const parsed = typeof data === 'string' ? parseLossless(data) : data;
  return isLosslessObject(parsed) ? parsed : data;
}

/** One issued badge from the wire, in the state that it has now. */
export function parseIssuedBadge(source: unknown, reading: Reading, at: Path = []): IssuedBadge {
  const { _id, badgeData, type, ...rest } = checked(issuedBadgeDto, source, reading, at);
  const { [MARKER_KEY]: marker, ...visible } = isJsonObject(badgeData) ? badgeData : {};
  return {
    ...rest,
    badgeId: _id,
    type: typeOf(type ?? ''),
    state: badgeState(rest.status, rest.expiresAt, Date.now()),
    data: isJsonObject(badgeData) ? visible : badgeData,
    marker: typeof marker === 'string' ? marker : null,
  };
}

/** The id in the answer to a write. */
export function parseId(source: unknown, reading: Reading): string {
  return checked(z.object({ _id: id }), unwrap(source, ['_id']), reading, [])._id;
}

/** What the answer to the deletion of a holder says. */
export function parseSuccess(source: unknown, reading: Reading): boolean {
  return checked(z.object({ success: z.boolean() }), unwrap(source, ['success']), reading, []).success;
}

/** One page of a listing. */
export interface ListPage<T> {
  readonly rows: readonly Row<T>[];
  /** Cursor of the next page; null unless `more`. */
  readonly next: string | null;
  /** Whether the upstream says that more is to come; pages that are short, or empty, may have more behind them. */
  readonly more: boolean;
  /** It said so without a cursor to go on with, so the end is not in sight and cannot be reached. */
  readonly stuck: boolean;
}

export interface Row<T> {
  /** Names the row for comparisons: made of its id, or of its content when it has none. */
  readonly tag: string;
  readonly id: string | null;
  readonly node: Listed<T>;
}

const listDto = z.object({
  page: z.array(z.unknown()),
  isDone: z.boolean().nullish(),
  hasMore: z.boolean().nullish(),
  continueCursor: z.string().nullish(),
  cursor: z.string().nullish(),
  nextCursor: z.string().nullish(),
});

/** A page in either dialect: `hasMore` with `cursor`, or `isDone` with `continueCursor`, which is set on the last page too. */
export function parseList<T>(
  source: unknown,
  reading: Reading,
  asked: string | null,
  parse: (row: unknown, at: Path) => T,
): ListPage<T> {
  const dto = checked(listDto, unwrap(source, ['page']), reading, []);
  if (dto.page.length > MOST_ROWS) throw badResponse(reading, 'too_large', 'page');
  const next = dto.continueCursor ?? dto.cursor ?? dto.nextCursor ?? '';
  const done = dto.isDone ?? (typeof dto.hasMore === 'boolean' ? !dto.hasMore : undefined);
  const promised = done === undefined ? next !== '' && dto.page.length > 0 : !done;
  const more = promised && next !== '' && next !== asked;
  return {
    rows: dto.page.map((row, index) => readRow(row, () => parse(row, ['page', index]))),
    next: more ? next : null,
    more,
    stuck: promised && !more,
  };
}

function readRow<T>(source: unknown, parse: () => T): Row<T> {
  const own =
    isLosslessObject(source) && typeof source['_id'] === 'string' && source['_id'] !== '' ? source['_id'] : null;
  const row = { tag: shortHash(own ?? stringify(source) ?? ''), id: own };
  try {
    return { ...row, node: parse() };
  } catch (error) {
    if (error instanceof UpstreamError) return { ...row, node: error };
    throw error;
  }
}

/** 36 bits: enough to tell the rows of one page apart, short enough for many in one cursor. */
function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 6);
}

type Path = readonly (string | number)[];

function checked<T>(dto: z.ZodType<T>, source: unknown, reading: Reading, at: Path): T {
  const parsed = dto.safeParse(source);
  if (parsed.success) return parsed.data;
  throw badResponse(
    reading,
    'shape',
    [...at, ...(parsed.error.issues[0]?.path ?? [])].map(String).join('.').slice(0, 200),
  );
}

/** An object that stands alone may be wrapped, the row of a listing may not. */
function unwrapped(source: unknown, at: Path): unknown {
  return at.length === 0 ? unwrap(source, ['_id']) : source;
}

function typeOf(word: string): BadgeType {
  return types.get(word.toLowerCase()) ?? 'UNKNOWN';
}
