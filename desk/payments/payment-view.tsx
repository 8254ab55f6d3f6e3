import { useEffect, useRef } from 'react';
import { agoOf, amountOf, dateOf } from '../format.js';
import { useGraph, useNow } from '../hooks.js';
import { operations } from '../operations.js';
import { Id } from '../parts/small.js';
import { useSession } from '../session.js';
import { Actions } from './actions.js';
import { Compare } from './compare.js';
import { onLedgerOf, type Payment } from './model.js';
import { StateChip } from './state-chip.js';
import { Steps } from './steps.js';
import { verdictOf } from './verdict.js';

interface PaymentViewProps {
  readonly payment: Payment;
  readonly again: () => void;
}

/** One payment: what it is, how far it came, what Pi and the ledger say, and what can be done. */
export function PaymentView({ payment, again }: PaymentViewProps) {
  const now = useNow();
  const { may } = useSession();
  const { paymentId, amount, network, memo, state, direction, createdAt, userUid, metadata } = payment;
  const ledger = useGraph({ query: operations.paymentOnLedger, variables: { paymentId } });
  const askLedger = ledger.again;
  const before = useRef(state);
  useEffect(() => {
    // Once the payment has moved on, its transaction may have come.
    if (before.current !== state) askLedger();
    before.current = state;
  }, [state, askLedger]);
  const person = useGraph({ query: operations.person, variables: { uid: userUid }, when: may('mypit:read') });
  const name = person.data?.holder?.name ?? undefined;
  const known = onLedgerOf(payment, ledger);
  const verdict = verdictOf(payment, known, now);
  const refresh = () => {
    again();
    ledger.again();
  };
  return (
    <article className="payment" aria-labelledby="payment-title">
      <header>
        <div>
          <h2 id="payment-title">
            {amountOf(amount, network)} <span className="light">{memo || 'without a memo'}</span>
          </h2>
          <p>
            {direction === 'APP_TO_USER' ? 'to' : 'from'} <strong>{name ?? 'user'}</strong>{' '}
            <Id id={userUid} name="uid" /> · {agoOf(createdAt, now)}
            <span className="fine">
              {dateOf(createdAt)} · <Id id={paymentId} name="payment id" />
            </span>
          </p>
        </div>
        <StateChip state={state} />
      </header>
      <Steps payment={payment} ledger={known} />
      <p className="meaning">{verdict.means}</p>
      <Actions payment={payment} verdict={verdict} ledger={known} name={name} changed={refresh} />
      <Compare payment={payment} ledger={ledger} />
      {hasContent(metadata) && (
        <details>
          <summary>Metadata of the app</summary>
          <pre>{JSON.stringify(metadata, null, 2)}</pre>
        </details>
      )}
    </article>
  );
}

function hasContent(metadata: unknown): boolean {
  return typeof metadata === 'object' && metadata !== null ? Object.keys(metadata).length > 0 : metadata !== null;
}
