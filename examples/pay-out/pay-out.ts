import { setTimeout as sleep } from 'node:timers/promises';
import type { GraphQLClient } from 'graphql-request';
import {
  BeginPayoutDocument,
  FinishPaymentDocument,
  PayoutStateDocument,
  type CreatePaymentInput,
} from '../generated/graphql.js';
import { lineOf } from '../line-of.js';
import type { KeptPayouts, SignedPayout } from './kept-payouts.js';
import type { Ledger, Transfer } from './ledger.js';

export interface PayOutParts {
  readonly gateway: GraphQLClient;
  readonly ledger: Ledger;
  readonly kept: KeptPayouts;
  /** Says each step. */
  readonly say: (line: string) => void;
}

/** How long after its end a transaction may still turn up: the ledger's clock and its pages lag behind. */
const GRACE_S = 30;
const AGAIN_MS = 2_000;

/**
 * Pays a user out, once, however often it is started with the same idempotency key: opens the payment, signs the transaction,
 * keeps it, sends it, completes the payment. Answers the transaction's id.
 */
export async function payOut(input: CreatePaymentInput, parts: PayOutParts): Promise<string> {
  const { gateway, say } = parts;
  const { createPayment: begun } = await gateway.request(BeginPayoutDocument, { input });
  if (begun?.__typename !== 'CreatePaymentPayload') throw new Error(`${begun?.code}: ${begun?.message}`);
  const paymentId = begun.payment?.paymentId ?? '';
  say(`payment ${paymentId}`);
  try {
    return await pay(paymentId, parts);
  } catch (error) {
    throw error instanceof Over ? error : new Error(`${lineOf(error)}; ${STILL_OPEN}`, { cause: error });
  }
}

const STILL_OPEN = 'the payment is open: run again with the same name';

/** Nothing is left to do for this payment. */
class Over extends Error {}

async function pay(paymentId: string, parts: PayOutParts): Promise<string> {
  const { gateway, ledger, kept, say } = parts;
  // The first transaction, and the next one when that one's time is over.
  for (let place = 0; ; place += 1) {
    const { payment } = await gateway.request(PayoutStateDocument, { paymentId });
    if (payment?.state === 'COMPLETED') return payment.transaction?.txid ?? '';
    if (!payment || payment.state === 'CANCELLED') throw new Over('the payment was cancelled: nothing is paid');
    // What the ledger has counts, whoever sent it and whatever Pi shows.
    if (payment.ledgerTransaction?.matches) return complete(paymentId, payment.ledgerTransaction.txid, parts);
    const { toAddress: to, networkPassphrase: passphrase, amount } = payment;
    if (to == null || passphrase == null) throw new Error('Pi has not said yet whom to pay');
    const signed = (await kept.find(paymentId, place)) ?? (await sign({ paymentId, to, passphrase, amount }, place));
    if (await send(signed, parts)) return complete(paymentId, signed.txid, parts);
    say('the time for this transaction is over, and the ledger does not have it: sign another');
  }

  async function sign(transfer: Transfer, place: number): Promise<SignedPayout> {
    const signed = await kept.keep({ ...(await ledger.sign(transfer)), place });
    say(`signed ${signed.txid}`);
    return signed;
  }
}

/** Whether the ledger has it; false only when it can never get it any more. */
async function send(signed: SignedPayout, { ledger, say }: PayOutParts): Promise<boolean> {
  for (;;) {
    const isOver = Date.now() / 1000 > signed.validUntil + GRACE_S;
    const answer = isOver ? undefined : await ledger.submit(signed).catch(() => undefined);
    if (answer?.taken || (await ledger.has(signed))) {
      say(`on the ledger ${signed.txid}`);
      return true;
    }
    if (isOver) return false;
    if (answer?.final) throw new Error(`the ledger refused: ${answer.code}`);
    say(`not on the ledger yet: ${answer?.code ?? 'no answer'}`);
    await sleep(AGAIN_MS);
  }
}

async function complete(paymentId: string, txid: string, { gateway, say }: PayOutParts): Promise<string> {
  for (;;) {
    const { completePayment: answer } = await gateway.request(FinishPaymentDocument, { input: { paymentId, txid } });
    if (answer?.__typename === 'CompletePaymentPayload') return txid;
    // Pi's own look at the ledger lags behind.
    if (answer?.upstreamCode !== 'not_verified') throw new Error(`${answer?.code}: ${answer?.message}`);
    say('Pi does not see the transaction yet');
    await sleep(AGAIN_MS);
  }
}
