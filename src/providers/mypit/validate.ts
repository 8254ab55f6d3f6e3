import { InvalidInput, invalidInput, type InputIssue } from '../../errors.js';
import { jsonFault, type JsonObject } from '../../values/json.js';
import type {
  BadgeType,
  HolderChanges,
  HolderInput,
  IssueInput,
  KnownBadgeType,
  TemplateChanges,
  TemplateInput,
} from './model.js';
import { findCidInUrl } from '../../values/cid-in-url.js';
import { MARKER_KEY } from './wire.js';

const ID = /^[A-Za-z0-9_-]{1,128}$/;
const EXTERNAL_ID = /^[\x21-\x7e]{1,128}$/;
const EMAIL = /^[^\s@]+@[^\s@]+$/;
const DID = /^did:[a-z0-9]+:\S+$/;
const MAX_RECIPIENTS = 1_000;
const MAX_DAYS = 100_000;
const MAX_DATA_BYTES = 65_536;
/** Levels of arrays and objects in a badge's data: what is read back is taken no deeper. */
const MAX_DATA_DEPTH = 64;

/** Throws InvalidInput at this argument when the text cannot be an id of the upstream. */
export function checkId(text: string, path: string | readonly (string | number)[]): void {
  if (!ID.test(text)) throw invalidInput(path, 'cannot be an id');
}

/** Throws InvalidInput at this argument when the text cannot be the integrator's id of a holder. */
export function checkExternalId(text: string, path: string): void {
  if (!EXTERNAL_ID.test(text)) throw invalidInput(path, 'must be 1 to 128 printable characters without spaces');
}

/** Input as it comes from a client: what is absent may be null as well. */
type Given<T> = { readonly [K in keyof T]?: T[K] | null | undefined };
type TemplateFields = Omit<TemplateChanges, 'type'> & { readonly type: BadgeType };

/** A template to be made, with what may be omitted filled in; throws InvalidInput naming everything that is wrong with it. */
export function parseTemplateInput(given: Given<TemplateFields>): TemplateInput {
  const {
    name = '',
    type,
    imageUrl = '',
    description = '',
    criteria = '',
    validityPeriodDays = 0,
    price = '0',
  } = parseTemplateChanges(given);
  if (type === undefined) throw invalidInput('input.type', 'must be given');
  return { name, type, imageUrl, description, criteria, validityPeriodDays, price };
}

/** What to change about a template; null changes nothing, like an omission. */
export function parseTemplateChanges(given: Given<TemplateFields>): TemplateChanges {
  const check = new Checker();
  const type = check.type(given.type);
  const { name, imageUrl, description, criteria, validityPeriodDays, price, backgroundColor, textColor } = given;
  check.text('name', name, 500, true);
  check.url('imageUrl', imageUrl);
  check.text('description', description, 16_384, false);
  check.text('criteria', criteria, 16_384, false);
  check.days(validityPeriodDays);
  if (price?.startsWith('-')) check.fault('price', 'must not be below 0');
  check.text('backgroundColor', backgroundColor, 64, true);
  check.text('textColor', textColor, 64, true);
  check.finish();
  return presentOnly({
    name,
    type,
    imageUrl,
    description,
    criteria,
    validityPeriodDays,
    price,
    backgroundColor,
    textColor,
  });
}

/** A holder to be made; throws InvalidInput naming everything that is wrong with it. */
export function parseHolderInput(
  given: Omit<HolderInput, 'memo'> & { readonly memo?: string | null | undefined },
): HolderInput {
  const check = new Checker();
  const { name, email, phone, did, externalId, memo } = given;
  check.contact({ name, email, phone });
  if (!DID.test(did) || Buffer.byteLength(did) > 512) check.fault('did', 'must be a DID such as did:ethr:0x…');
  if (!EXTERNAL_ID.test(externalId)) check.fault('externalId', 'must be 1 to 128 printable characters without spaces');
  check.text('memo', memo, 4_096, false);
  check.finish();
  return { name, email, phone, did, externalId, memo: memo ?? null };
}

/** What to change about a holder; null changes nothing, like an omission. */
export function parseHolderChanges({ name, email, phone }: Given<HolderChanges>): HolderChanges {
  const check = new Checker();
  check.contact({ name, email, phone });
  check.finish();
  return presentOnly({ name, email, phone });
}

/** Badges to be issued, each recipient once, in the order of their first mention. */
export function parseIssueInput(given: {
  readonly templateId: string;
  readonly recipientIds: readonly string[];
  readonly validityPeriodDays?: number | null | undefined;
  readonly type?: BadgeType | null | undefined;
  readonly data?: JsonObject | null | undefined;
}): IssueInput {
  const check = new Checker();
  const { templateId, validityPeriodDays } = given;
  const recipientIds = [...new Set(given.recipientIds)];
  const data = given.data ?? {};
  if (!ID.test(templateId)) check.fault('templateId', 'cannot be an id');
  if (recipientIds.length === 0) check.fault('recipientIds', 'must name somebody');
  if (recipientIds.length > MAX_RECIPIENTS) check.fault('recipientIds', `can name ${MAX_RECIPIENTS} at most`);
  given.recipientIds.forEach((id, index) => {
    if (!EXTERNAL_ID.test(id) || id === '.' || id === '..') check.fault('recipientIds', 'cannot be an id', index);
  });
  check.days(validityPeriodDays);
  const type = check.type(given.type);
  if (Object.hasOwn(data, MARKER_KEY)) check.fault('data', 'is reserved', MARKER_KEY);
  const fault = jsonFault(data, { levels: MAX_DATA_DEPTH, bytes: MAX_DATA_BYTES });
  if (fault === 'deep') check.fault('data', 'is nested too deep');
  if (fault === 'long') check.fault('data', `can have ${MAX_DATA_BYTES} bytes at most`);
  check.finish();
  return { templateId, recipientIds, validityPeriodDays: validityPeriodDays ?? undefined, type, data };
}

/** Collects what is wrong with one input. */
class Checker {
  private readonly issues: InputIssue[] = [];

  fault(field: string, message: string, ...rest: (string | number)[]): void {
    this.issues.push({ path: ['input', field, ...rest], message });
  }

  finish(): void {
    if (this.issues.length > 0) throw new InvalidInput(this.issues);
  }

  text(field: string, value: string | null | undefined, maxBytes: number, needed: boolean): void {
    if (typeof value !== 'string') return;
    if (needed && value.trim() === '') this.fault(field, 'must not be empty');
    if (Buffer.byteLength(value) > maxBytes) this.fault(field, `can have ${maxBytes} bytes at most`);
  }

  contact({ name, email, phone }: Given<HolderChanges>): void {
    this.text('name', name, 500, true);
    this.text('email', email, 254, true);
    if (typeof email === 'string' && !EMAIL.test(email)) this.fault('email', 'must be an e-mail address');
    this.text('phone', phone, 64, true);
  }

  days(value: number | null | undefined): void {
    if (typeof value === 'number' && (value < 0 || value > MAX_DAYS))
      this.fault('validityPeriodDays', `must be from 0 (no expiry) to ${MAX_DAYS}`);
  }

  type(value: BadgeType | null | undefined): KnownBadgeType | undefined {
    if (value !== 'UNKNOWN') return value ?? undefined;
    this.fault('type', 'cannot be UNKNOWN');
    return undefined;
  }

  url(field: string, value: string | null | undefined): void {
    if (typeof value !== 'string') return;
    const url = URL.canParse(value) ? new URL(value) : undefined;
    const known = url?.protocol === 'https:' || (url?.protocol === 'ipfs:' && findCidInUrl(value) !== undefined);
    if (!url || !known || url.username !== '' || url.password !== '' || value.length > 2_048)
      this.fault(field, 'must be an https or ipfs URL of at most 2,048 characters');
  }
}

type Present<T> = { readonly [K in keyof T]?: NonNullable<T[K]> };

/** Without what is null or undefined. */
function presentOnly<T extends Record<string, string | number | null | undefined>>(fields: T): Present<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  ) as Present<T>;
}
