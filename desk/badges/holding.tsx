import { countOf, dateOf, numberOf } from '../format.js';
import type { CheckedRow } from './recipients.js';

const MOST_NAMED = 5;

interface HoldingProps {
  /** Rows of people who have a badge of this template. */
  readonly holding: readonly CheckedRow[];
  /** Whether all badges were looked through for them. */
  readonly whole: boolean;
  readonly leaveOut: boolean;
  readonly change: (leaveOut: boolean) => void;
}

/** Warns of those who have such a badge already, before they are given a second one. */
export function Holding({ holding, whole, leaveOut, change }: HoldingProps) {
  const more = holding.length - MOST_NAMED;
  return (
    <>
      {holding.length > 0 && (
        <div className="notice wait">
          <p>
            <strong>{countOf(holding.length, 'person has', 'people have')} this badge already:</strong>{' '}
            {holding.slice(0, MOST_NAMED).map(named).join(', ')}
            {more > 0 && ` and ${numberOf(more)} more`}. Unless it came from this very batch, they get a second one.
          </p>
          <label className="check">
            <input type="checkbox" checked={leaveOut} onChange={(event) => change(event.target.checked)} />
            Leave them out
          </label>
        </div>
      )}
      {!whole && (
        <p className="fine">
          There are more badges of this template than could be looked through: others may have one too.
        </p>
      )}
    </>
  );
}

function named({ name, recipient, heldSince }: CheckedRow): string {
  return `${name ?? recipient}${heldSince ? ` (since ${dateOf(heldSince)})` : ''}`;
}
