import type { Decimal } from '../../values/decimal.js';
import { toMillis, type Instant } from '../../values/instant.js';
import type { Json, JsonObject } from '../../values/json.js';
import type { UpstreamError } from '../../errors.js';

const badgeTypes = ['MOBILITY', 'ACHIEVEMENT', 'HEALTHCARE', 'FINANCE', 'UNKNOWN'] as const;
export type BadgeType = (typeof badgeTypes)[number];
/** A kind of badge that can be asked for. */
export type KnownBadgeType = Exclude<BadgeType, 'UNKNOWN'>;

const badgeStates = ['ACTIVE', 'PENDING', 'EXPIRED', 'REVOKED', 'UNKNOWN'] as const;
export type BadgeState = (typeof badgeStates)[number];

/** What badges are made after. */
export type BadgeTemplate = {
  readonly templateId: string;
  readonly name: string;
  readonly type: BadgeType;
  /** The type in the upstream's own word: sent back as it came. */
  readonly typeWord: string;
  readonly description: string | null;
  readonly criteria: string | null;
  /** Null = badges of it do not expire. */
  readonly validityPeriodDays: number | null;
  readonly imageUrl: string | null;
  readonly backgroundColor: string | null;
  readonly textColor: string | null;
  /** A plain number: its unit is not documented. */
  readonly price: Decimal | null;
  readonly isActive: boolean;
  readonly ownerId: string;
  readonly createdAt: Instant | null;
  readonly updatedAt: Instant | null;
};

/** A person who can hold badges. Name and contact data are personal: never logged, stored or shared between callers. */
export type Holder = {
  /** The upstream's own id, used everywhere. */
  readonly holderId: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly did: string | null;
  readonly issuerDid: string | null;
  readonly memo: string | null;
  readonly ownerId: string;
  /** The integrator's id, such as a Pi uid, when the upstream shows it. */
  readonly externalId: string | null;
  /** Where the upstream shows it. */
  readonly createdAt?: Instant;
};

export type IssuedBadge = {
  readonly badgeId: string;
  readonly templateId: string;
  readonly recipientId: string;
  readonly issuerId: string;
  /** At the moment of reading: badges expire by time alone. */
  readonly state: BadgeState;
  /** The upstream's own word for the state. */
  readonly status: string | null;
  readonly type: BadgeType;
  readonly issuedAt: Instant | null;
  readonly expiresAt: Instant | null;
  /** Without our own marker; of any shape, null when the upstream does not show it. */
  readonly data: Json;
  /** Our marker (`gw_idem`) when this gateway issued the badge and the upstream shows it. */
  readonly marker: string | null;
};

/** Which issued badges are wanted; what is left out does not matter. */
export type BadgeFilter = {
  readonly templateId?: string;
  readonly recipientId?: string;
  readonly state?: BadgeState;
};

/** Tells the badges that are wanted; `recipients` are all names of the recipient. */
export function badgeFilter(
  { templateId, recipientId, state }: BadgeFilter,
  recipients: ReadonlySet<string>,
): (badge: IssuedBadge) => boolean {
  return (badge) =>
    (templateId === undefined || badge.templateId === templateId) &&
    (recipientId === undefined || recipients.has(badge.recipientId)) &&
    (state === undefined || badge.state === state);
}

/** A template to be made. */
export type TemplateInput = {
  readonly name: string;
  readonly type: KnownBadgeType;
  readonly imageUrl: string;
  readonly description: string;
  readonly criteria: string;
  /** 0 = no expiry. */
  readonly validityPeriodDays: number;
  readonly price: Decimal;
};

/** What to change about a template; what is absent stays. */
export type TemplateChanges = Partial<TemplateInput> & {
  readonly backgroundColor?: string;
  readonly textColor?: string;
};

export type HolderInput = {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly did: string;
  readonly externalId: string;
  readonly memo: string | null;
};

export type HolderChanges = Partial<Pick<HolderInput, 'name' | 'email' | 'phone'>>;

/** Badges to be issued, after one template. */
export type IssueInput = {
  readonly templateId: string;
  /** Distinct. */
  readonly recipientIds: readonly string[];
  /** Undefined = the template's own. */
  readonly validityPeriodDays: number | undefined;
  /** Undefined = the template's own; another one is refused. */
  readonly type: KnownBadgeType | undefined;
  readonly data: JsonObject;
};

/** What became of one recipient's badge. */
export type IssueRow = {
  readonly recipientId: string;
  readonly outcome: 'ISSUED' | 'FAILED' | 'UNKNOWN';
  /** Null when it was not issued, or its id could not be learnt. */
  readonly badgeId: string | null;
  /** Why, in our own words; null for ISSUED. */
  readonly message: string | null;
};

const issueStatuses = ['SUCCESS', 'PARTIAL', 'FAILED', 'UNKNOWN'] as const;
export type IssueStatus = (typeof issueStatuses)[number];

/** One word for all rows: PARTIAL as soon as some have their badge and some do not, or perhaps not. */
export function issueStatus(rows: readonly IssueRow[]): IssueStatus {
  const outcomes = new Set(rows.map(({ outcome }) => outcome));
  if (outcomes.has('ISSUED')) return outcomes.size === 1 ? 'SUCCESS' : 'PARTIAL';
  return outcomes.has('UNKNOWN') ? 'UNKNOWN' : 'FAILED';
}

/** One row of a listing: the object, or why it could not be read. */
export type Listed<T> = T | UpstreamError;

/**
 * A place right behind a row. The upstream has cursors for the ends of its pages only, so a place inside a page is told by
 * how that page was asked for and which of its rows lie before the place.
 */
export type ListPosition = {
  /** The cursor that the upstream page begins at; null = the first. */
  readonly start: string | null;
  /** How many rows it was asked for; 0 where the page begins, which may be asked for in any size. */
  readonly numItems: number;
  /** Tags of the page's rows up to this place, in order; where the page begins, the first and the last row of the page before. */
  readonly passed: readonly string[];
};

/** A page of a listing, as many upstream pages as it took. */
export interface Listing<T> {
  readonly edges: readonly { readonly node: Listed<T>; readonly id: string | null; readonly position: ListPosition }[];
  readonly hasPreviousPage: boolean;
  /** Where to go on behind a page without rows that is not the end; null otherwise. */
  readonly goOn: ListPosition | null;
  /** Whether another row exists; may have to look on for it, within the same bound of upstream pages. */
  hasNextPage(): Promise<boolean>;
}

/** One word for a badge's standing at `now` (epoch milliseconds): words are compared whole, "inactive" is not "active". */
export function badgeState(status: string | null, expiresAt: Instant | null, now: number): BadgeState {
  const words = new Set((status ?? '').toLowerCase().split(/[^\p{L}]+/u));
  const has = (...known: readonly string[]) => known.some((word) => words.has(word));
  if (has('revoked', 'cancelled', 'canceled', 'invalid')) return 'REVOKED';
  if (has('pending', 'requested', 'waiting', 'processing')) return 'PENDING';
  if (has('expired') || (expiresAt !== null && toMillis(expiresAt) <= now)) return 'EXPIRED';
  return has('issued', 'active', 'valid', 'success') ? 'ACTIVE' : 'UNKNOWN';
}
