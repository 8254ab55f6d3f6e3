import { LosslessNumber, stringify } from 'lossless-json';
import type { JsonObject } from '../../values/json.js';
import type { HolderInput, KnownBadgeType, TemplateInput } from './model.js';
import { MARKER_KEY } from './wire.js';

/*
 * The upstream's validators refuse unknown keys and missing ones, and the same thing has another name in another call:
 * `typeOfBadge` and `type`, `holderId` and `holderID`, `userId` and `issuerId`. Each body is spelled out here, and nowhere else.
 */

/** What an upstream page is asked with. */
export interface ListRequest {
  readonly cursor: string | null;
  /** A wish: pages may be shorter, longer, or empty. */
  readonly numItems: number;
}

/** A template as it will be, whole: an update replaces everything. */
export interface TemplateData extends Omit<TemplateInput, 'type' | 'imageUrl'> {
  readonly typeWord: string;
  readonly imageUrl: string | null;
  readonly backgroundColor: string;
  readonly textColor: string;
  /** Epoch milliseconds. */
  readonly updatedAt: number;
}

export interface HolderData {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
}

/** One batch of badges to be issued. */
export interface IssueBatch {
  readonly templateId: string;
  readonly typeWord: string;
  readonly validityPeriodDays: number;
  readonly data: JsonObject;
  readonly recipientIds: readonly string[];
}

export function typeWord(type: KnownBadgeType): string {
  return type.toLowerCase();
}

/** `cursor: null` has to be there on the first page. */
export function toListBody(userId: string, { cursor, numItems }: ListRequest): string {
  return JSON.stringify({ userId, paginationOpts: { numItems, cursor } });
}

export function toTemplateIdBody(userId: string, templateId: string): string {
  return JSON.stringify({ userId, templateId });
}

export function toCreateTemplateBody(userId: string, input: TemplateInput): string {
  const { name, type, imageUrl, description, criteria, validityPeriodDays, price } = input;
  return exact({
    userId,
    imageUrl,
    typeOfBadge: typeWord(type),
    name,
    validityPeriod: validityPeriodDays,
    description,
    criteria,
    price: new LosslessNumber(price),
  });
}

export function toUpdateTemplateBody(userId: string, templateId: string, data: TemplateData): string {
  const { name, description, criteria, imageUrl, backgroundColor, textColor, price, updatedAt } = data;
  return exact({
    userId,
    templateId,
    data: {
      name,
      type: data.typeWord,
      description,
      criteria,
      validityPeriod: data.validityPeriodDays,
      ...(imageUrl !== null && { imageUrl }),
      backgroundColor,
      textColor,
      price: new LosslessNumber(price),
      updatedAt,
    },
  });
}

/** A memo that is not given is left out: null would be refused. */
export function toCreateHolderBody(userId: string, issuerDid: string, input: HolderInput): string {
  const { name, email, phone, did, externalId, memo } = input;
  return JSON.stringify({
    issuerDid,
    issuerId: userId,
    data: { name, email, phone, ownerId: userId, ...(memo !== null && { memo }), holderDid: did, holderId: externalId },
  });
}

export function toUpdateHolderBody(userId: string, holderId: string, { name, email, phone }: HolderData): string {
  return JSON.stringify({ holderID: holderId, issuerId: userId, data: { name, email, phone } });
}

export function toDeleteHolderBody(userId: string, holderId: string): string {
  return JSON.stringify({ holderID: holderId, issuerId: userId });
}

export function toHolderIdBody(userId: string, holderId: string): string {
  return JSON.stringify({ userId, holderId });
}

export function toIssueBody(userId: string, batch: IssueBatch, marker: string): string {
  const { templateId, recipientIds, validityPeriodDays, data } = batch;
  return JSON.stringify({
    userId,
    validityPeriod: validityPeriodDays,
    templateId,
    badgeData: { ...data, [MARKER_KEY]: marker },
    recipientIds,
    type: batch.typeWord,
  });
}

/** Numbers with every digit. */
function exact(body: object): string {
  return stringify(body) ?? '';
}
