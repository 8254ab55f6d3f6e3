import { useCallback, useEffect, useState } from 'react';
import type { PaymentLiveSubscription } from '../generated/graphql.js';
import { useGraph, useStream } from '../hooks.js';
import { operations } from '../operations.js';
import { Refusal } from '../parts/refusal.js';
import { Empty, Section } from '../parts/small.js';
import { PaymentView } from './payment-view.js';
import { PaymentLinks, remember, useSeen } from './recent.js';
import { isOver, type Payment } from './model.js';

/** What there is under a term: the payment of this id, else what is known of the user of this uid. */
export function Found({ term }: { readonly term: string }) {
  const { data, fault, again } = useGraph({ query: operations.payment, variables: { paymentId: term } });
  const asked = data?.payment ?? undefined;
  const payment = useLive(asked, again);
  useEffect(() => {
    if (payment !== undefined) remember(payment);
  }, [payment]);
  if (payment !== undefined) return <PaymentView payment={payment} again={again} />;
  if (fault !== undefined && fault.code !== 'BAD_USER_INPUT') return <Refusal refusal={fault} />;
  if (data === undefined && fault === undefined) return <Empty>Looking…</Empty>;
  return <OfUser uid={term} />;
}

/** The payment as it is now: it is watched until it is over, and asked for once more then. */
function useLive(asked: Payment | undefined, again: () => void): Payment | undefined {
  const [live, setLive] = useState<Payment>();
  const told = useCallback(
    ({ paymentStatus }: PaymentLiveSubscription) => {
      if (paymentStatus === null) return;
      setLive(paymentStatus);
      if (isOver(paymentStatus)) again();
    },
    [again],
  );
  const over = asked === undefined || isOver(asked) || (live !== undefined && isOver(live));
  useStream(operations.paymentLive, over ? null : { paymentId: asked.paymentId }, told);
  return asked === undefined || isOver(asked) ? asked : (live ?? asked);
}

function OfUser({ uid }: { readonly uid: string }) {
  const { data, fault } = useGraph({ query: operations.payouts, variables: {} });
  const seen = useSeen().filter(({ userUid }) => userUid === uid);
  const ids = new Set(seen.map(({ paymentId }) => paymentId));
  const payouts = (data?.incompleteServerPayments ?? [])
    .filter((payment) => payment !== null)
    .filter(({ userUid, paymentId }) => userUid === uid && !ids.has(paymentId));
  const payments = [...payouts, ...seen];
  return (
    <Section title="No payment has this id" note="As a user’s uid it leads to:">
      {fault !== undefined && <Refusal refusal={fault} />}
      {payments.length > 0 ? (
        <PaymentLinks payments={payments} />
      ) : (
        <Empty>
          Nothing that is known here. Pi has no list of a user’s payments: only unfinished payouts to them, and payments
          that were looked at in this tab, can be found by uid. Ask the shop for the payment’s id.
        </Empty>
      )}
    </Section>
  );
}
