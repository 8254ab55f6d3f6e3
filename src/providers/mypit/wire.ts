import { z } from 'zod';
import { isJsonObject, withoutKey, type Json } from '../../values/json.js';
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
  _creationTime: time.catch(null),
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
  const dto = checked(templateDto, unwrapped(source, at), reading, at);
  const word = dto.type ?? dto.typeOfBadge ?? '';
  return {
    templateId: dto._id,
    name: dto.name,
    type: typeOf(word),
    typeWord: word,
    description: dto.description,
    criteria: dto.criteria,
    validityPeriodDays: dto.validityPeriod,
    imageUrl: dto.imageUrl,
    backgroundColor: dto.backgroundColor,
    textColor: dto.textColor,
    price: dto.price,
    isActive: dto.isActive,
    ownerId: dto.ownerId,
    createdAt: dto.createdAt ?? dto._creationTime,
    updatedAt: dto.updatedAt,
  };
}

/** One holder from the wire. Whose it is may be left out: then it is the acting user's, in whose list it stands. */
export function parseHolder(source: unknown, userId: string, reading: Reading, at: Path = []): Holder {
  const dto = checked(holderDto, unwrapped(source, at), reading, at);
  return {
    holderId: dto._id,
    name: dto.name,
    email: dto.email,
    phone: dto.phone,
    did: dto.holderDid,
    issuerDid: dto.issuerDid,
    memo: dto.memo,
    ownerId: dto.ownerId ?? userId,
    externalId: dto.holderId,
    ...(dto._creationTime !== null && { createdAt: dto._creationTime }),
  };
}

/** Data that comes as the text of its JSON is what that text says, or our marker would be shown, and found by nobody. */
function unpacked(data: unknown): unknown {
  const parsed = typeof data === 'string' ? parseLossless(data) : data;
  return isLosslessObject(parsed) ? parsed : data;
}

/** One issued badge from the wire, in the state that it has now. */
export function parseIssuedBadge(source: unknown, reading: Reading, at: Path = []): IssuedBadge {
  const dto = checked(issuedBadgeDto, source, reading, at);
  const { badgeData: data } = dto;
  const marker = isJsonObject(data) ? data[MARKER_KEY] : null;
  return {
    badgeId: dto._id,
    templateId: dto.templateId,
    recipientId: dto.recipientId,
    issuerId: dto.issuerId,
    state: badgeState(dto.status, dto.expiresAt, Date.now()),
    status: dto.status,
    type: typeOf(dto.type ?? ''),
    issuedAt: dto.issuedAt,
    expiresAt: dto.expiresAt,
    data: isJsonObject(data) ? withoutKey(data, MARKER_KEY) : data,
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
