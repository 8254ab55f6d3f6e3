import { shortOf } from '../format.js';
import { cancelIsBarred, isPayout, mismatchOf, payoutWayOut, wayOutOf } from './mismatch.js';
import type { OnLedger, Payment } from './model.js';

/** Where a payment stands, what that means in a sentence or two, and which changes can work. */
export interface Verdict {
  readonly means: string;
  /** What settling would do; nothing that does nothing is offered. */
  readonly settles: 'COMPLETES' | 'CANCELS' | 'PERHAPS' | 'NOTHING';
  /** The transaction that it can be completed by. */
  readonly completesBy?: string;
  readonly cancels: boolean;
}

/** Settling cancels what was approved once it is older than this. */
const PATIENCE_MS = 10 * 60_000;

/** One table for what is said and what is offered, so that the one never denies the other. */
export function verdictOf(payment: Payment, ledger: OnLedger, now: number): Verdict {
  const { state, status, direction, transaction } = payment;
  const left = (means: string): Verdict => ({ means, settles: 'NOTHING', cancels: false });
  if (state === 'COMPLETED')
    return left(direction === 'APP_TO_USER' ? 'Paid out and closed.' : 'Paid and closed: deliver.');
  if (state === 'CANCELLED')
    return left(`Cancelled by ${status.userCancelled ? 'the user' : 'the app'}: never deliver.`);
  if (transaction !== null) return linked(payment, transaction, ledger);
  if (status.transactionVerified)
    return left('Pi speaks of a verified transaction and shows none. Look again; if it stays so, ask Pi’s support.');
  if (ledger === 'looking') return left('Looking at the ledger…');
  return unlinked(payment, ledger, now);
}

/** Pi names a transaction: it cannot be cancelled any more, and only that one can complete it. */
function linked(payment: Payment, { txid, verified }: NonNullable<Payment['transaction']>, ledger: OnLedger): Verdict {
  const completes = { settles: 'COMPLETES', completesBy: txid, cancels: false } as const;
  const nothing = { settles: 'NOTHING', cancels: false } as const;
  if (verified || payment.status.transactionVerified)
    return {
      means: 'The transaction is verified; the app has not completed the payment. Settling completes it.',
      ...completes,
    };
  const names = `Pi names transaction ${shortOf(txid)}`;
  switch (ledger) {
    case 'looking':
      return { means: `${names}, and has not verified it. Looking at the ledger…`, ...nothing };
    case 'off':
      return {
        means: `${names}, and has not verified it; no ledger is set here (PI_LEDGER_URL). Completing has Pi look at it now.`,
        ...nothing,
        completesBy: txid,
      };
    case 'away':
      return {
        means: `${names}, and has not verified it; the ledger cannot tell now. Look again later.`,
        ...completes,
        settles: 'PERHAPS',
      };
    case 'none':
      return {
        means:
          `${names}, but on the ledger that one is not this payment’s: it carries another memo than the payment’s id, ` +
          `or moved nothing. It can be neither completed nor cancelled from here. ${byHand(payment)}`,
        ...nothing,
      };
  }
  if (!ledger.matches) return { means: `${mismatchOf(payment, ledger)} ${wayOutOf(payment)} ${unmovable}`, ...nothing };
  if (ledger.txid.toLowerCase() === txid.toLowerCase())
    return {
      means:
        'Pi has not verified the transaction, but the ledger has it and it matches. Settling completes the payment.',
      ...completes,
    };
  return {
    means:
      `${names}, and the ledger has another one that matches, ${shortOf(ledger.txid)}: somebody may have paid twice. ` +
      `It can be neither completed nor cancelled from here. ${byHand(payment)}`,
    ...nothing,
  };
}

const unmovable = 'It can be neither completed nor cancelled from here: only Pi’s support can close it.';

/** What a person has to do where no button can. */
function byHand(payment: Payment): string {
  const money = isPayout(payment)
    ? 'Look the transaction up, find out which program sent it, and agree with the user.'
    : 'Look the transaction up: what reached the app’s wallet has to be paid back by hand, or agreed on with the user.';
  return `${money} Then ask Pi’s support to close the payment, with both ids.`;
}

/** Pi shows no transaction. */
function unlinked(payment: Payment, ledger: Exclude<OnLedger, 'looking'>, now: number): Verdict {
  const { status, createdAt } = payment;
  const approved = status.developerApproved;
  if (typeof ledger === 'object') {
    const cancels = !cancelIsBarred(payment, ledger);
    if (!ledger.matches) {
      const closing = cancels ? '' : ' Afterwards only Pi’s support can close it.';
      return { means: `${mismatchOf(payment, ledger)} ${wayOutOf(payment)}${closing}`, settles: 'NOTHING', cancels };
    }
    return {
      means: 'Pi shows no transaction, but the ledger has one that matches: it was paid. Settle it.',
      settles: 'COMPLETES',
      completesBy: ledger.txid,
      // Somebody has paid, whatever Pi would allow.
      cancels: false,
    };
  }
  // The gateway does not cancel what was approved while it cannot ask.
  const cancels = !(approved && ledger === 'away');
  const settles = ledger === 'away' ? 'PERHAPS' : 'NOTHING';
  if (isPayout(payment))
    return {
      means: `A payout, and no transaction of it is known. Settling does not cancel it: the app’s wallet may still send one. ${payoutWayOut}`,
      settles,
      cancels,
    };
  if (!approved)
    return { means: 'Made, and never approved by the app. Settling cancels it.', settles: 'CANCELS', cancels };
  if (ledger === 'off')
    return { means: 'Approved; Pi shows no transaction, and no ledger is set here (PI_LEDGER_URL).', settles, cancels };
  if (ledger === 'away')
    return {
      means: 'Approved; Pi shows no transaction, and the ledger cannot tell now. Look again.',
      settles,
      cancels,
    };
  return now - Date.parse(createdAt) > PATIENCE_MS
    ? {
        means: 'Approved; neither Pi nor the ledger knows a transaction. Settling cancels it.',
        settles: 'CANCELS',
        cancels,
      }
    : {
        means: 'Approved; no transaction is known yet. Settling cancels it once it is older than ten minutes.',
        settles,
        cancels,
      };
}
