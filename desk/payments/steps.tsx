import { stepsOf, type OnLedger, type Payment, type Step } from './model.js';

interface StepsProps {
  readonly payment: Payment;
  readonly ledger: OnLedger;
}

const spoken: Record<Step['state'], string> = {
  done: 'done',
  'ledger-only': 'the ledger says so, Pi does not',
  doubted: 'Pi names one, which is not this payment’s',
  mismatched: 'the ledger has one, which does not match',
  open: 'not yet',
  stopped: 'ended here',
};

const marks: Record<Step['state'], string> = {
  done: 'M7 12.5l3.2 3.2L17 9',
  'ledger-only': 'M7 12.5l3.2 3.2L17 9',
  doubted: 'M12 7v6.5M12 16.2v.6',
  mismatched: 'M12 7v6.5M12 16.2v.6',
  open: '',
  stopped: 'M8.5 8.5l7 7M15.5 8.5l-7 7',
};

/** Said in letters too: the mark alone would leave open what it means. */
const isOdd = (state: Step['state']) => state === 'ledger-only' || state === 'doubted' || state === 'mismatched';

/** The way of a payment as a picture; each step says in words what its mark means. */
export function Steps({ payment, ledger }: StepsProps) {
  return (
    <ol className="steps" aria-label="How far it has come">
      {stepsOf(payment, ledger).map(({ label, state }) => (
        <li key={label} className={state}>
          <svg viewBox="0 0 24 24" width="26" height="26" aria-hidden="true" focusable="false">
            <circle cx="12" cy="12" r="10" />
            <path d={marks[state]} />
          </svg>
          <span className="step-label">
            {label}
            <span className={isOdd(state) ? 'fine' : 'unseen'}>{spoken[state]}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}
