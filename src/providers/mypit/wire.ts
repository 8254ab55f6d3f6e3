import { z } from 'zod';
import { isJsonObject, type Json } from '../../values/json.js';
import { isLosslessObject, parseLossless } from '../../values/lossless.js';
import { plainJson } from '../../values/plain-json.js';
import type { Reading } from '../reading.js';
import { unwrap } from './body.js';
import { checked, days, id, optionalText, price, time, type Path } from './fields.js';
import {
  badgeState,
  type BadgeTemplate,
  type BadgeType,
  type Holder,
  type IssuedBadge,
  type KnownBadgeType,
} from './model.js';

/** The key of badge data that carries our marker: written with every badge, hidden from every reader. */
export const MARKER_KEY = 'gw_idem';

const types = new Map<string, KnownBadgeType>([
  ['mobility', 'MOBILITY'],
  ['achievement', 'ACHIEVEMENT'],
  ['healthcare', 'HEALTHCARE'],
  ['finance', 'FINANCE'],
]);

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

/** An object that stands alone may be wrapped, the row of a listing may not. */
function unwrapped(source: unknown, at: Path): unknown {
  return at.length === 0 ? unwrap(source, ['_id']) : source;
}

function typeOf(word: string): BadgeType {
  return types.get(word.toLowerCase()) ?? 'UNKNOWN';
}
