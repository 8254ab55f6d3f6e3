import { useState, type FormEvent } from 'react';
import type { BadgeState, IssuedBadgeFilter } from '../generated/graphql.js';
import { dateOf } from '../format.js';
import { Refusal } from '../parts/refusal.js';
import { Chip, Empty, Id, type Tone } from '../parts/small.js';
import type { Template } from './badges.js';
import { FreshBadges } from './fresh.js';
import { useIssued, type IssuedBadge } from './use-issued.js';

const tones: Record<BadgeState, Tone> = {
  ACTIVE: 'good',
  EXPIRED: 'plain',
  PENDING: 'wait',
  REVOKED: 'bad',
  UNKNOWN: 'plain',
};

const states = ['ACTIVE', 'PENDING', 'EXPIRED', 'REVOKED', 'UNKNOWN'] as const satisfies readonly BadgeState[];

interface Choice {
  readonly templateId: string;
  readonly state: BadgeState | '';
  readonly recipient: string;
}

/** Who holds what, page by page. */
export function Issued({ templates }: { readonly templates: readonly Template[] }) {
  const [choice, setChoice] = useState<Choice>({ templateId: '', state: '', recipient: '' });
  const filter: IssuedBadgeFilter = {
    ...(choice.templateId !== '' && { templateId: choice.templateId }),
    ...(choice.state !== '' && { state: choice.state }),
    ...(choice.recipient !== '' && { recipientId: choice.recipient }),
  };
  return (
    <>
      <FreshBadges />
      <IssuedFilters templates={templates} choice={choice} change={setChoice} />
      <p className="fine listing-order">
        MyPit has no order by date: what was issued last usually stands at the end. A holder’s id finds theirs at once.
      </p>
      <List key={JSON.stringify(choice)} filter={filter} />
    </>
  );
}

interface IssuedFiltersProps {
  readonly templates: readonly Template[];
  readonly choice: Choice;
  readonly change: (choice: Choice) => void;
}

function IssuedFilters({ templates, choice, change }: IssuedFiltersProps) {
  const [recipient, setRecipient] = useState(choice.recipient);
  function apply(event: FormEvent): void {
    event.preventDefault();
    change({ ...choice, recipient: recipient.trim() });
  }
  return (
    <form className="filters" role="search" aria-label="Filter badges" onSubmit={apply}>
      <label>
        Template
        <select value={choice.templateId} onChange={(event) => change({ ...choice, templateId: event.target.value })}>
          <option value="">Any template</option>
          {templates.map(({ templateId, name }) => (
            <option key={templateId} value={templateId}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        State
        <select
          value={choice.state}
          onChange={({ target }) => change({ ...choice, state: states.find((one) => one === target.value) ?? '' })}
        >
          <option value="">Any state</option>
          {states.map((state) => (
            <option key={state} value={state}>
              {state.toLowerCase()}
            </option>
          ))}
        </select>
      </label>
      <label className="grow">
        Holder (either id)
        <input
          type="search"
          spellCheck={false}
          value={recipient}
          onChange={(event) => setRecipient(event.target.value)}
        />
      </label>
      <button type="submit">Filter</button>
    </form>
  );
}

function List({ filter }: { readonly filter: IssuedBadgeFilter }) {
  const { badges, fault, more, loading, loadMore } = useIssued(filter);
  return (
    <section aria-label="Badges that match">
      {fault !== undefined && <Refusal refusal={fault} />}
      {badges.length === 0 && fault === undefined && (
        <Empty>{loading ? 'Looking…' : more ? 'None so far: look further.' : 'No badge matches.'}</Empty>
      )}
      <ul className="rows">
        {badges.map((badge) => (
          <BadgeRow key={badge.badgeId} badge={badge} />
        ))}
      </ul>
      {more && (
        <button type="button" onClick={() => void loadMore()} disabled={loading}>
          {loading ? 'Looking…' : 'More badges'}
        </button>
      )}
    </section>
  );
}

function BadgeRow({ badge }: { readonly badge: IssuedBadge }) {
  const { recipient, recipientId, template, issuedAt, expiresAt, state, status } = badge;
  return (
    <li className="row-plain badge-row">
      <span className="grow">
        <strong>{recipient?.name ?? 'A holder who is gone'}</strong>{' '}
        <Id id={recipient?.externalId ?? recipientId} name="holder" />
        <span className="fine">
          {issuedAt !== null && <>issued {dateOf(issuedAt)}</>}
          {expiresAt !== null && <> · ends {dateOf(expiresAt)}</>}
          {status !== null && state === 'UNKNOWN' && <> · the provider says “{status}”</>}
        </span>
      </span>
      <span className="template">{template?.name ?? 'A template that is gone'}</span>
      <Chip tone={tones[state]}>{state.toLowerCase()}</Chip>
    </li>
  );
}
