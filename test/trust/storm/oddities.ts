import type { ServerResponse } from 'node:http';
import type { Asked } from './asked.js';
import { rowOddities } from './odd-content.js';
import { transportOddities } from './odd-transport.js';

/** What the upstream itself would have answered. */
export interface Given {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** What an oddity may draw upon besides the answer. */
export interface Surroundings {
  /** A number from 0 to below `below`, the same at every replay. */
  pick(below: number): number;
  /** What was answered to the request of this kind before. */
  readonly before: { readonly subject: string | undefined; readonly text: string } | undefined;
  /** Takes down which fields of the graph now show what this oddity made of them. */
  excuse(...fields: readonly string[]): void;
}

/**
 * `harmless`: the answer is all there and has to be read as it is. `ruinous`: nothing of it can be read; a write may have been
 * carried out. `refusal`: a word of the provider's own: a write has not been carried out. `bent`: an answer in which something
 * is not as it should be. `blink`: "no such object", twice an object at most.
 */
export type Kind = 'harmless' | 'ruinous' | 'refusal' | 'bent' | 'blink';

export interface Oddity {
  readonly kind: Kind;
  /** Which answers it can befall; any when left out. */
  fits?(asked: Asked): boolean;
  /** Sends the answer; false when there was nothing in it to make odd, and nothing has been sent. */
  send(response: ServerResponse, given: Given, surroundings: Surroundings, asked: Asked): boolean | void;
}

/** All that can befall an answer, by name. */
export const oddities: Readonly<Record<string, Oddity>> = { ...transportOddities, ...rowOddities };
export const oddityNames = Object.keys(oddities);
/** After these every field has to be right, and no error has an excuse. */
export const harmlessNames = oddityNames.filter((name) => oddities[name]?.kind === 'harmless');
/** What comes over an answer on its way, and leaves its rows as they are. */
export const transportNames = Object.keys(transportOddities);
/** What leads astray whoever believes what a listing says of itself. */
export const misleadingNames = oddityNames.filter((name) =>
  /^a count of|^the page before|^rows in|^a row twice/.test(name),
);
