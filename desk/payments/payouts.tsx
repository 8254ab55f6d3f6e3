import { useGraph } from '../hooks.js';
import { operations } from '../operations.js';
import { Refusal } from '../parts/refusal.js';
import { Empty, Section } from '../parts/small.js';
import { PaymentLinks } from './recent.js';

/** Payouts that were begun and not finished. Pi has no such list of payments from users. */
export function Payouts() {
  const { data, fault } = useGraph({ query: operations.payouts, variables: {}, everyMs: 10_000 });
  const payouts = data?.incompleteServerPayments?.filter((payment) => payment !== null);
  return (
    <Section title="Unfinished payouts" note="Normally none or one: a new payout waits for the one before.">
      {fault !== undefined && <Refusal refusal={fault} />}
      {payouts === undefined && fault === undefined && <Empty>Looking…</Empty>}
      {payouts?.length === 0 && <Empty>None.</Empty>}
      {payouts !== undefined && payouts.length > 0 && <PaymentLinks payments={payouts} />}
    </Section>
  );
}
