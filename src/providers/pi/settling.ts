import type { Instant } from '../../values/instant.js';
import { toMillis } from '../../values/instant.js';
import type { ConflictReason } from '../../errors.js';
import { isVerified, type Payment } from './model.js';

/**
 * What the ledger knows of a payment: exactly one transaction that matches it, beside `others` that carry its memo and do not;
 * none, and it answered whole; `others` alone, any of which may be its; a search that ended at its bound; nothing, because it
 * cannot be asked right now, or is switched off here.
 */
export type LedgerFinding =
  | { readonly found: 'one'; readonly txid: string; readonly others: readonly string[] }
  | {
      readonly found: 'several';
      readonly others: readonly string[];
      /** In what the only one differs from the payment, such as `moved 1 Pi instead of 2 Pi`. */
      readonly differs?: string;
    }
  | { readonly found: 'none' | 'off' }
  | { readonly found: 'cut_off'; readonly error: Error }
  | {
      readonly found: 'unavailable';
      readonly error: Error;
      /** Why its answer proves nothing, such as `its history ends before now`. */
      readonly why?: string;
    }
  /** It answers, and not about this payment: it is another network's, or Pi has not said which wallets take part. */
  | { readonly found: 'not_for_it'; readonly error: Error };

/** Asks the ledger for a payment's transaction. Never rejects: not to know is an answer too. */
export type LedgerLook = (payment: Payment) => Promise<LedgerFinding>;

/**
 * How long ago this deployment approved the payment, or began to, in milliseconds: Pi's reads may be behind. Never rejects.
 */
export type ApprovalLook = () => Promise<number | 'never' | 'unknown'>;

/** What decides beside Pi's word whether a payment may be given up. */
export interface Evidence {
  readonly ledger: LedgerLook;
  readonly approval: ApprovalLook;
}

/** Where no ledger is configured, and nothing is kept. */
export const noEvidence: Evidence = { ledger: async () => ({ found: 'off' }), approval: async () => 'never' };

/** The right end of an unfinished payment, as far as it can be told. */
export type Settlement =
  | { readonly action: 'COMPLETE'; readonly txid: string; readonly why: string }
  | { readonly action: 'CANCEL' | 'NONE'; readonly why: string };

/** A transaction that was signed shows on the ledger within this time; a payment that is younger may still get one. */
const LEDGER_PATIENCE_MS = 10 * 60_000;

/**
 * What to do with a payment. Pi's word comes first where it is certain, then the ledger's; every row that is not certain does
 * nothing. `ledger` is asked only when Pi does not decide alone.
 *
 * | Pi shows                        | ledger: one     | none     | several  | away     | cut off, not for it | off      |
 * |---------------------------------|-----------------|----------|----------|----------|---------------------|----------|
 * | completed, or cancelled         | NONE            | NONE     | NONE     | NONE     | NONE                | NONE     |
 * | a transaction, verified         | COMPLETE (Pi's) | COMPLETE | COMPLETE | COMPLETE | COMPLETE            | COMPLETE |
 * | a transaction, not verified     | COMPLETE (same) | NONE     | NONE     | NONE     | NONE                | NONE     |
 * | none, never approved            | COMPLETE        | CANCEL   | NONE     | CANCEL   | CANCEL              | CANCEL   |
 * | none, approved, 10 min and over | COMPLETE        | CANCEL   | NONE     | NONE     | NONE                | NONE     |
 * | none, approved, younger         | COMPLETE        | NONE     | NONE     | NONE     | NONE                | NONE     |
 * | none, approved here just now    | COMPLETE        | NONE     | NONE     | NONE     | NONE                | NONE     |
 * | none, app to user (or unknown)  | COMPLETE        | NONE     | NONE     | NONE     | NONE                | NONE     |
 *
 * Away: it failed, or its answer proves nothing. What was never approved cannot have been signed: there Pi's word is enough, unless
 * this deployment approved it and Pi's answer is behind. Just now: within 10 minutes, or nobody can tell.
 */
export async function settlementOf(payment: Payment, { ledger, approval }: Evidence, now: number): Promise<Settlement> {
  const { state, status, transaction, direction, createdAt } = payment;
  if (state === 'COMPLETED') return none('It was completed before.');
  if (state === 'CANCELLED') return none(paidAllTheSame(payment) ?? 'It was cancelled before.');
  if (transaction !== null && isVerified(payment))
    return { action: 'COMPLETE', txid: transaction.txid, why: 'Pi has verified its transaction.' };
  const finding = await ledger(payment);
  if (finding.found === 'one') {
    const { txid } = finding;
    const other = transaction !== null && transaction.txid.toLowerCase() !== txid.toLowerCase();
    if (other) return none('Pi links one transaction and the ledger has another.');
    const beside = finding.others.length === 0 ? '' : ` Not matching: ${named(finding.others)}.`;
    return { action: 'COMPLETE', txid, why: `The ledger has exactly one transaction that matches it.${beside}` };
  }
  if (finding.found === 'several') return none(undecided(finding));
  if (transaction !== null)
    return none('Pi links a transaction that is not verified, and the ledger does not confirm it.');
  if (status.transactionVerified) return none('Pi speaks of a verified transaction and shows none.');
  if (direction !== 'USER_TO_APP') return none("It pays a user: the app's wallet may still send its transaction.");
  const here = await approval();
  if (!status.developerApproved && here === 'never')
    return { action: 'CANCEL', why: 'It was never approved, and Pi shows no transaction.' };
  if (here === 'unknown') return none('Whether it was approved here a moment ago cannot be told right now.');
  if (finding.found === 'unavailable') return none(notWhole(finding));
  if (finding.found !== 'none') return none(reasons[finding.found]);
  if (here !== 'never' && here <= LEDGER_PATIENCE_MS)
    return none('It was approved here less than 10 minutes ago: its transaction may still be on its way.');
  return olderThan(createdAt, LEDGER_PATIENCE_MS, now)
    ? {
        action: 'CANCEL',
        why: 'It is older than 10 minutes, and neither Pi nor the ledger knows a transaction for it.',
      }
    : none('It is younger than 10 minutes: its transaction may still be on its way.');
}

/** What people have to know of a cancelled payment that Pi shows a transaction of; undefined when it shows none. */
export function paidAllTheSame({ transaction, status }: Payment): string | undefined {
  if (transaction === null && !status.transactionVerified) return undefined;
  const txid = transaction !== null && TXID.test(transaction.txid) ? ` ${transaction.txid}` : '';
  return (
    `It is cancelled, and Pi shows a transaction${txid} for it all the same: somebody may have paid. ` +
    'People have to look at it, and pay it back or deliver.'
  );
}

const TXID = /^[0-9a-f]{64}$/i;

const reasons = {
  off: 'Pi shows no transaction, and there is no ledger here to ask (PI_LEDGER_URL).',
  not_for_it: 'Pi shows no transaction, and the ledger here cannot be asked about this payment.',
  cut_off: 'Pi shows no transaction, and the search on the ledger ended at its limit.',
} as const;

function notWhole({ why }: Extract<LedgerFinding, { found: 'unavailable' }>): string {
  const away = 'Pi shows no transaction, and the ledger cannot be asked right now, or does not answer whole';
  return why === undefined ? `${away}.` : `${away}: ${why}.`;
}

/** What is on the ledger and settles nothing; the desk says it alike. */
function undecided({ others, differs }: Extract<LedgerFinding, { found: 'several' }>): string {
  const stays = 'Trying again later does not help: what is on the ledger stays as it is.';
  const agree = 'Agree with the user: pay back what came, or have the rest paid as a payment of its own.';
  return differs === undefined
    ? `The ledger has transactions with this payment's id, and none is the only one that fits: ${named(others)}. ${stays}`
    : `The ledger has transaction ${named(others)} with this payment's id, but it ${differs}. ${stays} ${agree}`;
}

/** So many are named: anybody can send more. */
const MOST_NAMED = 5;

function named(txids: readonly string[]): string {
  const more = txids.length - MOST_NAMED;
  return `${txids.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function none(why: string): Settlement {
  return { action: 'NONE', why };
}

function olderThan(moment: Instant, ms: number, now: number): boolean {
  return now - toMillis(moment) > ms;
}

/**
 * Why a payment that Pi would let be cancelled must not be: a user whose transaction is on the ledger has paid. A payment that
 * was never approved, neither by Pi's word nor here, cannot have been signed, so Pi's word decides, as it does where no ledger is
 * configured. Throws what the ledger threw when it is configured and did not answer whole.
 *
 * | the payment      | ledger: one, several | none   | away, cut off, not for it | off    |
 * |------------------|----------------------|--------|---------------------------|--------|
 * | never approved   | not asked: cancel    | cancel | cancel                    | cancel |
 * | approved         | HAS_TRANSACTION      | cancel | the ledger's error        | cancel |
 */
export async function barToCancel(
  payment: Payment,
  { ledger, approval }: Evidence,
): Promise<ConflictReason | undefined> {
  if (!payment.status.developerApproved && (await approval()) === 'never') return undefined;
  const finding = await ledger(payment);
  if (finding.found === 'one' || finding.found === 'several') return 'HAS_TRANSACTION';
  if ('error' in finding) throw finding.error;
  return undefined;
}
