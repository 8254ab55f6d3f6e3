import type { BatchOutcome } from './issue-answer.js';
import type { IssueRow } from '../model.js';

/** Why a badge was not issued, or why nobody knows: our words, never the upstream's. */
export const issueMessages = {
  holderUnknown: 'The provider knows no such holder.',
  refused: 'The provider did not issue this badge.',
  notSent: 'Not sent: the gateway was shutting down. Send it again with a new idempotency key.',
  notReached: 'Not sent: the provider could not be used at that moment. Send it again with a new idempotency key.',
  refusedUse: 'The provider refused to be used at that moment. Send it again with a new idempotency key.',
  unclear:
    "It may or may not have been issued: the provider's answer was lost and the badge is not to be " +
    'found. Do not send it again before you have looked.',
} as const;

/** Keeps one row per recipient while badges are issued in batches. */
export class IssueTally {
  private readonly rows: Map<string, IssueRow>;
  /** Badges that answers named without saying whose they are. */
  private readonly unassigned = new Set<string>();
  /** Badges that a look showed with our mark: nobody takes them for another's. */
  private readonly marked = new Set<string>();
  /** Sent, and refused by the provider: only a badge that is surely theirs shows that it was issued all the same. */
  private readonly refused = new Set<string>();

  constructor(recipientIds: readonly string[]) {
    this.rows = new Map(
      recipientIds.map((recipientId) => [
        recipientId,
        { recipientId, outcome: 'UNKNOWN', badgeId: null, message: issueMessages.unclear },
      ]),
    );
  }

  issued(recipientId: string, badgeId: string | null): void {
    this.refused.delete(recipientId);
    this.rows.set(recipientId, { recipientId, outcome: 'ISSUED', badgeId, message: null });
  }

  failed(recipientIds: readonly string[], message: string): void {
    for (const recipientId of recipientIds)
      this.rows.set(recipientId, { recipientId, outcome: 'FAILED', badgeId: null, message });
  }

  /** What was sent and refused has failed, as long as no look finds its badge. */
  refusedBy(recipientIds: readonly string[], message: string): void {
    this.failed(recipientIds, message);
    for (const recipientId of recipientIds) this.refused.add(recipientId);
  }

  isRefused(recipientId: string): boolean {
    return this.refused.has(recipientId);
  }

  /** Takes over what an answer says; those of whom it says nothing certain stay UNKNOWN. */
  answered({ byRecipient, holderUnknown, badgeIds }: BatchOutcome): void {
    const issued = [...byRecipient].filter(([, outcome]) => outcome === 'ISSUED').map(([recipientId]) => recipientId);
    const [only] = badgeIds;
    const certain = issued.length === 1 && badgeIds.length === 1 && only !== undefined ? only : null;
    for (const recipientId of issued) this.issued(recipientId, certain);
    if (certain === null) for (const badgeId of badgeIds) this.unassigned.add(badgeId);
    for (const [recipientId, outcome] of byRecipient) {
      if (outcome !== 'FAILED') continue;
      if (holderUnknown.has(recipientId)) this.failed([recipientId], issueMessages.holderUnknown);
      else this.refusedBy([recipientId], issueMessages.refused);
    }
  }

  /** Recipients of whom a look may tell more: whether they have their badge, or which one it is. */
  open(): ReadonlySet<string> {
    return new Set(
      [...this.rows.values()]
        .filter(
          ({ recipientId, outcome, badgeId }) =>
            outcome === 'UNKNOWN' || (outcome === 'ISSUED' && badgeId === null) || this.refused.has(recipientId),
        )
        .map(({ recipientId }) => recipientId),
    );
  }

  wasNamed(badgeId: string): boolean {
    return this.unassigned.has(badgeId);
  }

  bearsMark(badgeId: string): void {
    this.marked.add(badgeId);
  }

  /** Badges of these rows, or that answers named for them, of which only this says whose they are. */
  unmarked(): string[] {
    const told = [...this.rows.values()].flatMap(({ badgeId }) => (badgeId === null ? [] : [badgeId]));
    return [...new Set([...told, ...this.unassigned])].filter((badgeId) => !this.marked.has(badgeId));
  }

  has(outcome: IssueRow['outcome']): boolean {
    return [...this.rows.values()].some((row) => row.outcome === outcome);
  }

  every(outcome: IssueRow['outcome']): boolean {
    return [...this.rows.values()].every((row) => row.outcome === outcome);
  }

  /** In the order in which they were asked for. */
  result(): IssueRow[] {
    return [...this.rows.values()];
  }
}
