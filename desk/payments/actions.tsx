import { useState } from 'react';
import { amountOf } from '../format.js';
import { Dialog } from '../parts/dialog.js';
import { Refusal, type ShownRefusal } from '../parts/refusal.js';
import { useSession } from '../session.js';
import { cancel, complete, settle, type Done } from './changes.js';
import { cancelIsBarred, isPayout } from './mismatch.js';
import { isOver, type OnLedger, type Payment } from './model.js';
import type { Verdict } from './verdict.js';

interface ActionsProps {
  readonly payment: Payment;
  readonly verdict: Verdict;
  readonly ledger: OnLedger;
  /** The person's name, where it is known. */
  readonly name: string | undefined;
  readonly changed: () => void;
}

type Action = 'settle' | 'complete' | 'cancel';

const texts = {
  settle: {
    button: 'Settle',
    title: 'Settle this payment?',
    what: 'It is completed when it was paid, cancelled when it surely was not, and left alone when that is unclear.',
    confirm: 'Settle it',
  },
  complete: {
    button: 'Complete',
    title: 'Complete this payment?',
    what: 'It is closed by the transaction shown here. Deliver afterwards.',
    confirm: 'Complete it',
  },
  cancel: {
    button: 'Cancel payment',
    title: 'Cancel this payment?',
    what: 'It can never be paid afterwards. It is refused when the ledger has a transaction for it.',
    confirm: 'Cancel it',
  },
} as const;

/** What is to be known of a payout before. */
const ofPayouts: Readonly<Partial<Record<Action, string>>> = {
  settle:
    'It is completed when its transaction is there. It is never cancelled: the app’s wallet may still send what it signed.',
  cancel:
    'Make sure first that no program will still send its transaction: what the wallet sends is gone all the same. ' +
    'It is refused when the ledger has a transaction for it.',
};

/** What can work and the key may do to the payment, each after a question that names amount and person. */
export function Actions({ payment, verdict, ledger, name, changed }: ActionsProps) {
  const { graph, may } = useSession();
  const [asking, setAsking] = useState<Action>();
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Done | ShownRefusal>();
  const { settles, completesBy, cancels } = verdict;
  const over = isOver(payment);
  // What would do nothing, or be refused, is not offered.
  const can: Readonly<Record<Action, boolean>> = {
    settle: may('pi:complete') && may('pi:cancel') && settles !== 'NOTHING',
    complete: may('pi:complete') && completesBy !== undefined,
    cancel: may('pi:cancel') && cancels,
  };
  const surely = settles === 'COMPLETES' || settles === 'CANCELS';
  const offered = over ? [] : (['settle', 'complete', 'cancel'] as const).filter((action) => can[action]);

  async function run(action: Action): Promise<void> {
    setBusy(true);
    const answer =
      action === 'settle'
        ? await settle(graph, payment)
        : action === 'complete'
          ? await complete(graph, payment, completesBy ?? '')
          : await cancel(graph, payment);
    setBusy(false);
    setAsking(undefined);
    setOutcome(answer);
    changed();
  }

  return (
    <div className="actions">
      {!over && (
        <div className="buttons">
          {offered.map((action) => (
            <button
              key={action}
              type="button"
              className={action === 'settle' && surely ? 'primary' : undefined}
              onClick={() => setAsking(action)}
            >
              {texts[action].button}
            </button>
          ))}
          <button type="button" className="quiet" onClick={changed}>
            Look again
          </button>
        </div>
      )}
      {!over && may('pi:cancel') && cancelIsBarred(payment, ledger) && (
        <p className="fine">
          It cannot be cancelled: {payment.transaction === null ? 'the ledger has' : 'Pi shows'} a transaction for it.
        </p>
      )}
      {!over && !may('pi:complete') && !may('pi:cancel') && (
        <p className="fine">Your key may look at payments, and change none (pi:complete, pi:cancel).</p>
      )}
      {outcome !== undefined && <Outcome outcome={outcome} />}
      {asking !== undefined && (
        <Dialog
          title={texts[asking].title}
          confirm={texts[asking].confirm}
          danger={asking === 'cancel'}
          busy={busy}
          onConfirm={() => void run(asking)}
          onClose={() => setAsking(undefined)}
        >
          <Question payment={payment} name={name} />
          <p>{(isPayout(payment) ? ofPayouts[asking] : undefined) ?? texts[asking].what}</p>
        </Dialog>
      )}
    </div>
  );
}

function Question({ payment, name }: Pick<ActionsProps, 'payment' | 'name'>) {
  const { amount, network, direction, userUid, memo } = payment;
  return (
    <p className="question">
      <strong>{amountOf(amount, network)}</strong> {direction === 'APP_TO_USER' ? 'to' : 'from'}{' '}
      <strong>{name ?? userUid}</strong>
      {name !== undefined && <span className="fine">{userUid}</span>}
      {memo !== '' && <span className="fine">“{memo}”</span>}
    </p>
  );
}

function Outcome({ outcome }: { readonly outcome: Done | ShownRefusal }) {
  if ('code' in outcome) return <Refusal refusal={outcome} />;
  return (
    <div className={`notice ${outcome.tone}`} role="status">
      <p>
        <strong>{outcome.said}</strong> {outcome.next}
      </p>
    </div>
  );
}
