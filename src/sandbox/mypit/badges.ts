import { Refusal, type Route } from '../routes.js';
import { listing, missing, native, operation, type Account } from './account.js';
import { anything, badgeType, idIn, listOf, number, text } from './arguments.js';
import { newId } from './ids.js';
import type { BadgeRecord } from './records.js';

const DAY_MS = 86_400_000;

interface IssueRequest {
  readonly userId: string;
  /** Days; 0 = for ever. */
  readonly validityPeriod: number;
  readonly templateId: string;
  readonly badgeData: unknown;
  readonly recipientIds: readonly string[];
  readonly type: string;
}

/** The operations on issued badges. Whoever is no holder gets none, and the others theirs, all with the status 200. */
export function badgeRoutes(account: Account): Route[] {
  const { badges, holders, templates } = account;
  return [
    listing(account, 'getIssuedBadges', badges, native),
    operation<IssueRequest>(
      account,
      'issueBadge',
      {
        userId: text,
        validityPeriod: number,
        templateId: idIn('templates'),
        badgeData: anything,
        recipientIds: listOf(text),
        type: badgeType,
      },
      (asked) => {
        const template = templates.get(asked.templateId) ?? missing('Badge template');
        if (!template.isActive) throw new Refusal(400, 'inactive', 'badge template is not active');
        if (template.type !== asked.type) throw new Refusal(400, 'type', 'type does not match the badge template');
        // The documentation's own programs name recipients by the integrator's ids.
        const isHolder = (id: string) => (holders.get(id) ?? holders.find((row) => row.holderId === id)) !== undefined;
        const known = asked.recipientIds.filter(isHolder);
        const failed = asked.recipientIds
          .filter((id) => !isHolder(id))
          .map((recipientId) => ({ recipientId, error: 'holder not found' }));
        const issuedBadges = known.map((recipientId) => issue(account, asked, recipientId));
        if (failed.length === 0) return { issuedBadges, status: 'success' };
        return {
          issuedBadges,
          status: known.length === 0 ? 'failed' : 'partial',
          details: { successful: known, failed },
        };
      },
    ),
  ];
}

function issue({ badges, clock, userId }: Account, asked: IssueRequest, recipientId: string): string {
  const now = clock.now();
  const row: BadgeRecord = {
    _id: newId('badges'),
    _creationTime: now,
    templateId: asked.templateId,
    recipientId,
    issuerId: userId,
    issuedAt: now,
    expiresAt: asked.validityPeriod === 0 ? 0 : now + asked.validityPeriod * DAY_MS,
    status: 'issued',
    type: asked.type,
    badgeData: asked.badgeData,
  };
  badges.insert(row);
  return row._id;
}
