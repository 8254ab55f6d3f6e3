import { useState, type FormEvent } from 'react';
import { addressOf, goTo } from '../hooks.js';
import { NeedsScope } from '../parts/small.js';
import { sandboxKey, useSession } from '../session.js';
import { Found } from './found.js';
import { OpenWrites } from './open-writes.js';
import { Payouts } from './payouts.js';
import { Recent } from './recent.js';

/** Finds a payment, by its id or by its user, and shows what is unfinished. */
export function Payments({ term }: { readonly term: string | undefined }) {
  const { may } = useSession();
  return (
    <>
      <h1>Payments</h1>
      {may('pi:read') ? (
        <>
          <Search key={`search ${term ?? ''}`} term={term ?? ''} />
          {term === undefined && sandboxKey() !== '' && <SandboxHint />}
          {term === undefined ? <Recent /> : <Found key={`found ${term}`} term={term} />}
          {term === undefined && <Payouts />}
        </>
      ) : (
        <NeedsScope scope="pi:read">Payments are not shown.</NeedsScope>
      )}
      {term === undefined &&
        (may('ops:read') ? (
          <OpenWrites />
        ) : (
          <NeedsScope scope="ops:read">Changes whose end is open are not shown.</NeedsScope>
        ))}
    </>
  );
}

/** Payments of the sandbox's story that are worth a look; nothing says elsewhere what there is. */
const examples = [
  ['unseen-plums', 'paid, and Pi shows nothing'],
  ['submitted-apples', 'paid, not verified by Pi'],
  ['wrong-amount-quinces', 'paid with too little'],
] as const;

function SandboxHint() {
  return (
    <p className="fine sandbox-hint">
      This is the sandbox. Try{' '}
      {examples.map(([paymentId, what], at) => (
        <span key={paymentId}>
          {at > 0 && ', '}
          <a href={addressOf('payments', paymentId)}>{paymentId}</a> ({what})
        </span>
      ))}
      .
    </p>
  );
}

function Search({ term }: { readonly term: string }) {
  const [text, setText] = useState(term);
  function find(event: FormEvent): void {
    event.preventDefault();
    // Quotes come along when an id is copied from a log.
    const id = text.trim().replace(/^["'“‘]+|["'”’]+$/g, '');
    if (id === '') goTo('payments');
    else goTo('payments', id);
  }
  return (
    <form className="search" role="search" onSubmit={find}>
      <label htmlFor="payment-term">Payment id, or a user’s uid</label>
      <div className="row">
        <input
          id="payment-term"
          type="search"
          autoComplete="off"
          spellCheck={false}
          // Whoever comes here without a payment has one to look for.
          autoFocus={term === ''}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="primary">
          Find
        </button>
      </div>
    </form>
  );
}
