import type { Context } from '../../context.js';
import { GatewayError, UpstreamError } from '../../errors.js';
import type { LedgerSearch, LedgerTransaction } from '../../providers/ledger/model.js';
import type { Payment } from '../../providers/pi/model.js';
import type { LedgerFinding, LedgerLook } from '../../providers/pi/session.js';
import { ledgerFailure } from './ledger-failure.js';

/** Asks Pi's ledger on behalf of one write, anew each time. */
export function ledgerLook({ access }: Pick<Context, 'access'>): LedgerLook {
  return async (payment) => toFinding(await access.of('ledger').forWrite().search(payment), payment);
}

/** What carries the payment's id and differs from it decides nothing: somebody may have paid too little. */
function toFinding(search: LedgerSearch, payment: Payment): LedgerFinding {
  switch (search.state) {
    case 'match':
      return { found: 'one', txid: search.transaction.txid, others: idsOf(search.decoys) };
    case 'none':
      return search.decoys.length === 0 ? { found: 'none' } : decoysOnly(search.decoys, payment);
    case 'hidden':
      return { found: 'several', others: [...new Set([...search.txids, ...idsOf(search.decoys)])] };
    case 'several':
      return { found: 'several', others: idsOf(search.transactions) };
    case 'off':
      return { found: 'off' };
    case 'cut off': {
      const about = { provider: 'ledger', operation: 'getAccountTransactions', delivery: 'answered' } as const;
      return { found: 'cut_off', error: new UpstreamError('lookup_limit', about) };
    }
    case 'unavailable':
      return { found: 'unavailable', error: ledgerFailure(search.error), ...reasonOf(search.error) };
    case 'other network':
    case 'no address':
      return { found: 'not_for_it', error: cannotTell(search.state) };
  }
}

/** Why an answer that came proves nothing, where that can be said. */
function reasonOf({ detail, reason }: UpstreamError): { readonly why?: string } {
  if (detail === 'stale_history') return { why: 'it does not show that its history goes up to now' };
  if (detail === 'history_too_short') return { why: "its history begins after the payment's time" };
  if (reason === 'pagination_stuck') return { why: 'it lists transactions out of order, or twice' };
  return {};
}

function decoysOnly(decoys: readonly LedgerTransaction[], payment: Payment): LedgerFinding {
  const [only, ...more] = decoys;
  const others = idsOf(decoys);
  return only === undefined || more.length > 0
    ? { found: 'several', others }
    : { found: 'several', others, differs: differenceOf(only, payment) };
}

/** In what a transaction with the payment's id is another than the one asked for. */
function differenceOf({ amount, from, to }: LedgerTransaction, payment: Payment): string {
  const { fromAddress, toAddress } = payment;
  const wrong = [
    amount === payment.amount ? undefined : `moved ${amount} Pi instead of ${payment.amount} Pi`,
    fromAddress === null || fromAddress === from ? undefined : 'came from another wallet',
    toAddress === null || toAddress === to ? undefined : 'went to another wallet',
  ].filter((one) => one !== undefined);
  return wrong.length === 0 ? 'does not match it' : wrong.join(' and ');
}

const idsOf = (transactions: readonly LedgerTransaction[]) => transactions.map(({ txid }) => txid);

function cannotTell(state: 'other network' | 'no address'): GatewayError {
  const why =
    state === 'no address'
      ? 'Pi has not said yet which wallets take part in this payment, so the ledger cannot be asked; nothing was sent.'
      : "The ledger that is configured here (PI_LEDGER_URL) is not that of the payment's network; nothing was sent.";
  return new GatewayError(state === 'no address' ? 'UPSTREAM_UNAVAILABLE' : 'PROVIDER_DISABLED', why, {
    provider: 'ledger',
  });
}
