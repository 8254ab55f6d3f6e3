import type { ReactNode } from 'react';
import type { PaymentOnLedgerQuery } from '../generated/graphql.js';
import { amountOf, dateOf } from '../format.js';
import type { Asked } from '../hooks.js';
import { Refusal } from '../parts/refusal.js';
import { Id } from '../parts/small.js';
import type { LedgerTransaction, Payment } from './model.js';

interface CompareProps {
  readonly payment: Payment;
  readonly ledger: Asked<PaymentOnLedgerQuery>;
}

interface Row {
  readonly label: string;
  readonly pi: ReactNode;
  readonly ledger: ReactNode;
  /** The two say different things. */
  readonly differs: boolean;
}

/** What Pi says beside what the ledger says; where they differ it is said. */
export function Compare({ payment, ledger }: CompareProps) {
  const found = ledger.data?.ledgerTransaction;
  return (
    <div className="compare">
      {ledger.fault !== undefined && <Refusal refusal={ledger.fault} />}
      <table>
        <caption className="unseen">What Pi says beside what the ledger says</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">Pi says</th>
            <th scope="col">The ledger says</th>
          </tr>
        </thead>
        <tbody>
          {rowsOf(payment, found, ledger).map(({ label, pi, ledger: other, differs }) => (
            <tr key={label} className={differs ? 'differs' : undefined}>
              <th scope="row">{label}</th>
              <td data-label="Pi says">{pi}</td>
              <td data-label="The ledger says">
                {other}
                {differs && <span className="fine">differs</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function nothingFound({ fault, fetching, data }: CompareProps['ledger']): string {
  if (fault !== undefined) return 'cannot be asked';
  return fetching && data === undefined ? 'looking…' : 'none with this payment’s id';
}

function rowsOf(payment: Payment, found: LedgerTransaction | null | undefined, asked: CompareProps['ledger']): Row[] {
  const { transaction, amount, network, fromAddress, toAddress } = payment;
  const wallet = (address: string | null | undefined, name: string) =>
    address ? <Id id={address} name={name} /> : '–';
  const first: Row = {
    label: 'Transaction',
    pi: transaction ? <Id id={transaction.txid} name="transaction of Pi" /> : 'none',
    ledger: found ? <Id id={found.txid} name="transaction of the ledger" /> : nothingFound(asked),
    // Pi names one, and the ledger has none with this payment's id.
    differs: found ? transaction?.txid !== found.txid : transaction !== null && asked.data?.ledgerTransaction === null,
  };
  if (!found) return [first, { label: 'Amount', pi: amountOf(amount, network), ledger: '–', differs: false }];
  return [
    first,
    {
      label: 'Amount',
      pi: amountOf(amount, network),
      ledger: amountOf(found.amount, network),
      differs: found.amount !== amount,
    },
    {
      label: 'From',
      pi: wallet(fromAddress, 'payer of Pi'),
      ledger: wallet(found.from, 'payer of the ledger'),
      differs: fromAddress !== null && fromAddress !== found.from,
    },
    {
      label: 'To',
      pi: wallet(toAddress, 'receiver of Pi'),
      ledger: wallet(found.to, 'receiver of the ledger'),
      differs: toAddress !== null && toAddress !== found.to,
    },
    { label: 'When', pi: dateOf(payment.createdAt), ledger: dateOf(found.createdAt), differs: false },
    {
      label: 'Verdict',
      pi: payment.status.transactionVerified ? 'verified' : 'not verified',
      ledger: found.matches ? 'matches the payment' : 'does not match',
      // That Pi is late to verify what the ledger confirms is how a stuck payment looks, and nothing to warn of.
      differs: !found.matches,
    },
  ];
}
