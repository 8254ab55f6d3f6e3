import { useSyncExternalStore } from 'react';
import { amountOf } from '../format.js';
import { addressOf } from '../hooks.js';
import { Section } from '../parts/small.js';
import { StateChip } from './state-chip.js';
import type { Payment } from './model.js';

/** Payments that were looked at in this tab, newest first; gone with it. */
let seen: readonly Payment[] = [];
const listeners = new Set<() => void>();
const MOST = 10;

export function remember(payment: Payment): void {
  if (seen[0] === payment) return;
  seen = [payment, ...seen.filter(({ paymentId }) => paymentId !== payment.paymentId)].slice(0, MOST);
  for (const told of listeners) told();
}

function subscribe(told: () => void): () => void {
  listeners.add(told);
  return () => listeners.delete(told);
}

export function useSeen(): readonly Payment[] {
  return useSyncExternalStore(subscribe, () => seen);
}

export function Recent() {
  const payments = useSeen();
  if (payments.length === 0) return null;
  return (
    <Section title="Looked at in this tab">
      <PaymentLinks payments={payments} />
    </Section>
  );
}

/** Rows that lead to a payment each. */
export function PaymentLinks({ payments }: { readonly payments: readonly Payment[] }) {
  return (
    <ul className="rows">
      {payments.map((payment) => (
        <li key={payment.paymentId}>
          <a className="row-link" href={addressOf('payments', payment.paymentId)}>
            <span className="amount">{amountOf(payment.amount, payment.network)}</span>
            <span className="grow">
              {payment.memo || 'No memo'}
              <span className="fine"> {payment.paymentId}</span>
            </span>
            <StateChip state={payment.state} />
          </a>
        </li>
      ))}
    </ul>
  );
}
