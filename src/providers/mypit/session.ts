import type { Instant } from '../../values/instant.js';
import type { Attempt } from '../../writes/writes.js';
import type { Credential, OperationScope, Provider } from '../provider.js';
import type { MyPitFields } from './config.js';
import type {
  BadgeFilter,
  BadgeTemplate,
  Holder,
  HolderChanges,
  HolderInput,
  IssueInput,
  IssueRow,
  IssuedBadge,
  Listing,
  ListPosition,
  TemplateChanges,
  TemplateInput,
} from './model.js';

/** A client's pair of secrets and the user it acts for: opens everything of that user. */
export type MyPitCredential = Credential<MyPitFields>;

/**
 * MyPit, opened with one credential for one operation. Reads are batched and shared within it; nothing in it outlives the
 * operation. Ids are checked here before anything is sent (InvalidInput); inputs come checked (validate.ts). Writes to one
 * object must be kept from running at the same time by the caller.
 */
export interface MyPitSession {
  readonly fingerprint: string;
  /** One template, null when there is none. Asked for together with others, it may come with a page of the listing. */
  template(templateId: string): Promise<BadgeTemplate | null>;
  /** By the upstream's own id, or the integrator's where it shows that. */
  holder(holderId: string): Promise<Holder | null>;
  /** The holder whom a badge names, by either id, in whatever shape the upstream keeps it. */
  recipient(recipientId: string): Promise<Holder | null>;
  /** The holder of this integrator's id; null when there is none, or the answer is about somebody else. */
  holderByExternalId(externalId: string): Promise<Holder | null>;
  /** The holder whose external id is this verified uid; null when there is none, or the answer is about somebody else. */
  holderOfUser(uid: string): Promise<Holder | null>;
  /** Searches the listing, at most 20 pages of it; rejects with `lookup_limit` where that did not reach the end. */
  issuedBadge(badgeId: string): Promise<IssuedBadge | null>;
  /** `first` rows (0 to 100) behind a place, in the upstream's order; ten upstream pages at most, else `lookup_limit`. */
  templates(first: number, after: ListPosition | null): Promise<Listing<BadgeTemplate>>;
  holders(first: number, after: ListPosition | null): Promise<Listing<Holder>>;
  /** With a filter at most five upstream pages are read: a page may be short, or empty, with more behind it. */
  issuedBadges(first: number, after: ListPosition | null, filter?: BadgeFilter): Promise<Listing<IssuedBadge>>;
  /**
   * Makes a template and gives its id, once it is seen to be that. Sent at most once; rejects with `outcome_unknown` when its end
   * stays unclear.
   */
  createTemplate(input: TemplateInput, attempt: Attempt): Promise<string>;
  /** A template just made, as it was asked for; never rejects for the upstream's sake. */
  createdTemplate(templateId: string, input: TemplateInput): Promise<BadgeTemplate>;
  /** Rejects with `conflict` when the template was changed since `expectedUpdatedAt`, `not_found`, `outcome_unknown`, … */
  updateTemplate(
    templateId: string,
    changes: TemplateChanges,
    expectedUpdatedAt: Instant | undefined,
  ): Promise<BadgeTemplate>;
  /** Resolves when it is gone; rejects with `not_found` when it was not there to begin with. */
  deleteTemplate(templateId: string): Promise<void>;
  /** Makes a holder and gives its id, as `createTemplate` does. */
  createHolder(input: HolderInput, attempt: Attempt): Promise<string>;
  /** A holder just made, as it was asked for; never rejects for the upstream's sake. */
  createdHolder(holderId: string, input: HolderInput): Promise<Holder>;
  updateHolder(holderId: string, changes: HolderChanges): Promise<Holder>;
  deleteHolder(holderId: string): Promise<void>;
  /** One row per recipient, in their order. Rejects with `outcome_unknown` when nothing at all is known. */
  issue(input: IssueInput, attempt: Attempt): Promise<IssueRow[]>;
  /** Looks for the badges of an earlier `issue` without sending anything that makes some; undefined when there is none. */
  findIssued(input: IssueInput, attempt: Attempt): Promise<IssueRow[] | undefined>;
  /** Looks once more for the rows that an earlier `issue` left unknown; undefined when nothing more is to be seen. */
  issuedSince(input: IssueInput, told: readonly IssueRow[], attempt: Attempt): Promise<IssueRow[] | undefined>;
}

/** The MyPit OPEN API. */
export interface MyPit extends Provider {
  /** As clients see it. */
  readonly name: 'mypit';
  readonly baseUrl: string;
  /** The server's own credential; undefined = only callers who bring theirs are served. */
  readonly fields: MyPitFields | undefined;
  open(credential: MyPitCredential, scope: OperationScope): MyPitSession;
}
