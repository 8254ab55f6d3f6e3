import { useState, type ReactNode } from 'react';
import { shortOf } from '../format.js';

export type Tone = 'good' | 'wait' | 'bad' | 'plain';

/** One word on how something stands; the tone never says more than the word. */
export function Chip({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: ReactNode }) {
  return <span className={`chip ${tone}`}>{children}</span>;
}

/** An id, shortened, that a press copies whole. */
export function Id({ id, name }: { readonly id: string; readonly name: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () =>
    void navigator.clipboard?.writeText(id).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1_500);
    });
  return (
    <button type="button" className="id" title={id} onClick={copy}>
      {copied ? 'copied' : shortOf(id)}
      <span className="unseen">, {name}: press to copy</span>
    </button>
  );
}

/** What stands where a list has nothing. */
export function Empty({ children }: { readonly children: ReactNode }) {
  return <p className="empty">{children}</p>;
}

/** What a key without a right sees in place of what needs it. */
export function NeedsScope({ scope, children }: { readonly scope: string; readonly children: ReactNode }) {
  return (
    <Empty>
      {children} This key lacks the scope <code>{scope}</code>.
    </Empty>
  );
}

export function Section({ title, note, children }: SectionProps) {
  return (
    <section className="section">
      <div className="section-head">
        <h2>{title}</h2>
        {note !== undefined && <p>{note}</p>}
      </div>
      {children}
    </section>
  );
}

interface SectionProps {
  readonly title: string;
  readonly note?: ReactNode;
  readonly children: ReactNode;
}
