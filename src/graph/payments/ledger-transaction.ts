import type { Context } from '../../context.js';
import { GatewayError, UpstreamError } from '../../errors.js';
import type { LedgerSearch, LedgerTransaction } from '../../providers/ledger/model.js';
import type { Payment } from '../../providers/pi/model.js';
import { builder } from '../builder.js';
import { ledger, LEDGER_SEARCH, me, pi, priced } from '../costs.js';
import { forPayments } from '../rights.js';
import { ledgerFailure } from './ledger-failure.js';
import { PaymentRef } from './payment.js';

const LedgerTransactionRef = builder.objectRef<LedgerTransaction>('LedgerTransaction').implement({
  description:
    "A successful transaction on Pi's ledger that carries a payment's id as text memo and moves Pi. " +
    "Anybody can send one: only `matches` makes it the payment's.",
  fields: (t) => ({
    txid: t.exposeID('txid', { description: 'Its hash: 64 hexadecimal digits.' }),
    from: t.exposeString('from', { description: 'The wallet that paid.' }),
    to: t.exposeString('to', { description: 'The wallet that was paid.' }),
    amount: t.expose('amount', { type: 'Decimal', description: 'In Pi, every digit kept.' }),
    memo: t.exposeString('memo', { description: 'Its text memo.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the ledger took it in.' }),
    matches: t.exposeBoolean('matches', {
      description:
        "Whether it is the payment's transaction: destination and amount agree, and no other with this memo agrees as well.",
    }),
  }),
});

const WORDS =
  "looked for in the app's wallet from a day before the payment on. Null when there is none with its " +
  ("id as memo, or Pi does not say which wallets take part; UPSTREAM_UNAVAILABLE where the ledger's " +
    'history does not show that it reaches over all that time, up to now, and UPSTREAM_INVALID_RESPONSE ' +
    'where it is out of order. Without a match the newest that carries the memo, `matches: false`. LOOKUP_LIMIT when ') +
  'the wallet has more than ten pages of 200 since then. At most 32 calls, usually 3.';

builder.objectField(PaymentRef, 'ledgerTransaction', (t) =>
  t.field({
    ...priced({}, [ledger(LEDGER_SEARCH)]),
    type: LedgerTransactionRef,
    nullable: true,
    description: `What Pi's ledger knows of this payment, whatever Pi says in \`transaction\`: ${WORDS}`,
    resolve: (payment, _args, context) => ledgerTransaction(payment, context),
  }),
);

builder.queryField('ledgerTransaction', (t) =>
  t.field({
    ...priced(forPayments('pi:read'), [pi(1), me, ledger(LEDGER_SEARCH)]),
    type: LedgerTransactionRef,
    nullable: true,
    description: `What Pi's ledger knows of a payment that you may read: ${WORDS}`,
    args: { paymentId: t.arg.id({ required: true, description: "Pi's own id of the payment." }) },
    async resolve(_root, { paymentId }, context) {
      const payment = await (await context.access.payments('pi:read')).payment(paymentId);
      return payment && ledgerTransaction(payment, context);
    },
  }),
);

/** Whoever holds a payment was let in by its own right. */
async function ledgerTransaction(payment: Payment, context: Context): Promise<LedgerTransaction | null> {
  return toShown(await context.access.of('ledger').search(payment));
}

function toShown(search: LedgerSearch): LedgerTransaction | null {
  switch (search.state) {
    case 'match':
      return search.transaction;
    case 'several':
      return search.transactions[0] ?? null;
    case 'none':
      return search.decoys[0] ?? null;
    case 'no address':
      return null;
    case 'hidden': {
      const [newest] = search.decoys;
      if (newest === undefined) throw search.error;
      return newest;
    }
    case 'cut off':
      throw new UpstreamError('lookup_limit', {
        provider: 'ledger',
        operation: 'getAccountTransactions',
        delivery: 'answered',
      });
    case 'unavailable':
      throw ledgerFailure(search.error);
    case 'other network':
      throw refusal("The ledger that is configured here (PI_LEDGER_URL) is not that of the payment's network.");
    case 'off':
      throw refusal("Pi's ledger is not configured here (PI_LEDGER_URL).");
  }
}

function refusal(message: string): GatewayError {
  return new GatewayError('PROVIDER_DISABLED', message, { provider: 'ledger' });
}
