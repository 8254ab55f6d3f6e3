import type { BatchOutcome } from './issue-answer.js';
import type { IssueRow } from '../model.js';

/** Why a badge was not issued, or why nobody knows: our words, never the upstream's. */
export const issueMessages = {
  holderUnknown: 'The provider knows no such holder.',
  refused: 'The provider did not issue this badge.',
  notSent: 'Not sent: the gateway was shutting down. Send it again with a new idempotency key.',
  notReached: 'Not sent: the provider could not be used at that moment. Send it again with a new idempotency key.',
  hasFormer:
    'Not sent: a badge of a sending before is there, of which people had said that it came to nothing when they freed this ' +
    'idempotency key.',
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
  /** Badges that are not of the next batch: there before, or named by the answer to an earlier one. */
  private readonly old = new Set<string>();
  /** Told as issued although no answer named them, and no look has shown their badge yet. */
  private readonly counted = new Set<string>();
  /** Whether a look has shown the badge of one of them. */
  private showsCounted = false;
  /** Sent, and refused by the provider: only a badge that is surely theirs shows that it was issued all the same. */
  private readonly refused = new Set<string>();

  /** With what an earlier run of this issuing has told, where there is one. */
  constructor(recipientIds: readonly string[], told: readonly IssueRow[] = []) {
    this.rows = new Map(
      recipientIds.map((recipientId) => [
        recipientId,
        { recipientId, outcome: 'UNKNOWN', badgeId: null, message: issueMessages.unclear },
      ]),
    );
    for (const row of told) {
      this.rows.set(row.recipientId, row);
      if (row.message === issueMessages.refused || row.message === issueMessages.refusedUse)
        this.refused.add(row.recipientId);
    }
  }

  issued(recipientId: string, badgeId: string | null): void {
    this.refused.delete(recipientId);
    if (this.counted.delete(recipientId) && badgeId !== null) this.showsCounted = true;
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

  /** A badge that was there before anything was sent. */
  wasThere(badgeId: string): void {
    this.old.add(badgeId);
  }

  /**
   * Takes over what an answer says; those of whom it says nothing certain stay UNKNOWN. One that names a badge of before is the
   * answer to something else, and says nothing of these.
   */
  answered({ byRecipient, unnamed, holderUnknown, badgeIds, only }: BatchOutcome): void {
    const fresh = badgeIds.filter((badgeId) => !this.old.has(badgeId));
    for (const badgeId of fresh) this.old.add(badgeId);
    if (fresh.length < badgeIds.length) return;
    if (only === undefined) for (const badgeId of fresh) this.unassigned.add(badgeId);
    for (const [recipientId, outcome] of byRecipient) {
      if (outcome === 'ISSUED') this.issued(recipientId, only ?? null);
      else if (outcome === 'UNKNOWN') continue;
      else if (holderUnknown.has(recipientId)) this.failed([recipientId], issueMessages.holderUnknown);
      else this.refusedBy([recipientId], issueMessages.refused);
    }
    if (only === undefined) for (const recipientId of unnamed) this.counted.add(recipientId);
  }

  /** Whether looks have shown some of the badges that answers counted and not the others. */
  lacksCounted(): boolean {
    return this.showsCounted && this.counted.size > 0;
  }

  /** The badges that were counted and are not there: nobody is said to have them. */
  doubtCounted(): void {
    for (const recipientId of this.counted)
      this.rows.set(recipientId, { recipientId, outcome: 'UNKNOWN', badgeId: null, message: issueMessages.unclear });
    this.counted.clear();
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
