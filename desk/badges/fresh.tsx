import { useSyncExternalStore } from 'react';
import { countOf, dateOf } from '../format.js';
import { Id, Section } from '../parts/small.js';
import type { CheckedRow } from './recipients.js';

/** A badge that this tab had issued. */
interface Fresh {
  readonly key: string;
  readonly name: string;
  readonly recipient: string;
  readonly badgeId: string | null;
  readonly template: string;
  readonly at: string;
}

/** Newest first; gone with the tab. */
let fresh: readonly Fresh[] = [];
const listeners = new Set<() => void>();
const MOST = 500;
const SHOWN = 25;

/** Sent again it is the same badge, and stays where it was. */
export function remember({ holderId, recipient, name }: CheckedRow, badgeId: string | null, template: string): void {
  const key = badgeId ?? `${holderId} ${template}`;
  if (fresh.some((one) => one.key === key)) return;
  const at = new Date().toISOString();
  fresh = [{ key, name: name ?? recipient, recipient, badgeId, template, at }, ...fresh].slice(0, MOST);
  for (const told of listeners) told();
}

function subscribe(told: () => void): () => void {
  listeners.add(told);
  return () => listeners.delete(told);
}

/** What was issued from this tab, which the provider's own list has at its far end. */
export function FreshBadges() {
  const badges = useSyncExternalStore(subscribe, () => fresh);
  if (badges.length === 0) return null;
  return (
    <Section title="Issued in this tab" note={`${countOf(badges.length, 'badge')}, newest first`}>
      <ul className="rows" aria-label="Issued in this tab">
        {badges.slice(0, SHOWN).map(({ key, name, recipient, badgeId, template, at }) => (
          <li key={key} className="row-plain badge-row">
            <span className="grow">
              <strong>{name}</strong> <Id id={recipient} name="holder" />
              <span className="fine">issued {dateOf(at)}</span>
            </span>
            <span className="template">{template}</span>
            {badgeId !== null && <Id id={badgeId} name="badge" />}
          </li>
        ))}
      </ul>
    </Section>
  );
}
