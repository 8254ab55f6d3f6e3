import type { ServerResponse } from 'node:http';
import type { FakeAnswer } from '../../support/fake-upstream.js';

/** What becomes of one POST: whether it takes effect, and what its sender hears of that. */
export const fates = [
  'ok',
  'cut before',
  'cut after',
  'half',
  '500 before',
  '500 after',
  'html after',
  'empty after',
  'redirect after',
  'a page',
  'a page after',
  'refused',
  'forbidden',
  'forbidden page',
  'too many',
] as const;
export type Fate = (typeof fates)[number];

const html = { 'content-type': 'text/html' };
/** Answers after which nothing has happened. */
const without: Readonly<Partial<Record<Fate, FakeAnswer>>> = {
  '500 before': { status: 500, body: { error: 'unknown_error' } },
  'a page': { status: 404, headers: html, body: '<html>no such page</html>' },
  refused: { status: 400, body: { error: 'missing_scope' } },
  forbidden: { status: 403, body: { error: 'forbidden' } },
  'forbidden page': { status: 403, headers: html, body: '<html>not from here</html>' },
  'too many': { status: 429, body: '' },
};
const after: Readonly<Partial<Record<Fate, FakeAnswer>>> = {
  'a page after': { status: 404, headers: html, body: '<html>no such page</html>' },
  '500 after': { status: 500, body: { error: 'unknown_error' } },
  'html after': { status: 500, headers: html, body: '<!doctype html><h1>oops</h1>' },
  'empty after': { status: 200, body: '' },
  'redirect after': { status: 307, headers: { location: 'https://elsewhere.example/' } },
};

/** Whether the sender can know for sure that nothing has happened. */
export const isRefusal = (fate: Fate): boolean => ['refused', 'forbidden'].includes(fate);

/** Carries one POST out, or not, and answers it. */
export function meet(fate: Fate, act: () => FakeAnswer, response: ServerResponse): FakeAnswer | undefined {
  const nothing = without[fate];
  if (nothing) return nothing;
  if (fate === 'cut before') {
    response.destroy();
    return undefined;
  }
  const answer = act();
  if (fate === 'cut after') response.destroy();
  else if (fate === 'half') {
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', 'content-length': '5000' });
    response.write('{"');
    setTimeout(() => response.destroy(), 2);
  } else return after[fate] ?? answer;
  return undefined;
}
