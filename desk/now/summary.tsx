import type { Tone } from '../parts/small.js';
import { mayAsk, nameOf, type Provider } from './providers.js';
import { stateTone, stateTrouble, type State } from './state.js';

export interface Seen {
  readonly providers: readonly Provider[];
  /** Undefined for those who may not see it; `unknown` when it has not come. */
  readonly state: State | 'unknown' | undefined;
}

interface Headline {
  readonly tone: Tone;
  readonly text: string;
}

/** The whole view in one sentence. */
export function Summary(seen: Seen) {
  const { tone, text } = headlineOf(seen);
  return (
    <p className={`summary ${tone}`} role="status">
      {text}
    </p>
  );
}

/** Nothing that is not known is called well: neither what was not asked nor what does not come. */
export function headlineOf({ providers, state }: Seen): Headline {
  const asked = providers.filter((provider) => mayAsk(provider));
  const unasked = asked.filter(({ standing }) => standing === 'NOT_ASKED');
  const unknown = [
    ...asked.filter(({ standing }) => standing === null).map(({ name }) => nameOf(name)),
    ...(state === 'unknown' ? ['the state store'] : []),
  ];
  const failing = providers.filter(({ enabled, standing }) => enabled && standing === 'FAILING');
  const known = typeof state === 'object' ? state : undefined;
  const trouble = known && stateTrouble(known);
  const troubles = [...failing.map(({ name }) => `${nameOf(name)} is failing`), ...(trouble ? [trouble] : [])];
  const notKnown = unknown.length === 0 ? '' : `Not known yet: ${unknown.join(', ')}.`;
  if (troubles.length > 0)
    return {
      tone: failing.length > 0 || (known && stateTone(known) === 'bad') ? 'bad' : 'wait',
      text: [sentence(troubles.join(', ')), notKnown].filter(Boolean).join(' '),
    };
  if (notKnown !== '') return { tone: 'plain', text: notKnown };
  return { tone: unasked.length === asked.length ? 'plain' : 'good', text: wellSaid(unasked, asked.length) };
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function wellSaid(unasked: readonly Provider[], asked: number): string {
  if (unasked.length === 0) return asked === 0 ? 'No upstream has a credential here.' : 'All is well.';
  if (unasked.length === asked) return 'No upstream has been asked yet.';
  return `All that was asked is well. Not asked yet: ${unasked.map(({ name }) => nameOf(name)).join(', ')}.`;
}
