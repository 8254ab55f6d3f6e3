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
  'a proxy',
  '401 after',
  '403 after',
  '404 after',
  '409 after',
  '429 after',
  '403 word after',
  '401 words after',
  '429 words after',
  '400 words after',
  'named after',
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
  'a proxy': { status: 400, body: { message: 'Bad Request' } },
};
const after: Readonly<Partial<Record<Fate, FakeAnswer>>> = {
  // In the words of whoever stands in between, after it was carried out.
  '401 after': { status: 401, body: { message: 'Unauthorized' } },
  '403 after': { status: 403, headers: html, body: '<html>403 Forbidden</html>' },
  '404 after': { status: 404, body: { message: 'no Route matched with those values' } },
  '409 after': { status: 409, headers: html, body: '<html>error code: 1001</html>' },
  '429 after': { status: 429, headers: { ...html, 'retry-after': '0' }, body: '<html>slow down</html>' },
  // With codes and messages such as Pi's, and of nobody whom Pi knows.
  '403 word after': { status: 403, body: { error: 'forbidden' } },
  '401 words after': { status: 401, body: { error: 'unauthorized', error_message: 'by the edge' } },
  '429 words after': { status: 429, body: { error: 'too_many_requests', error_message: 'by the edge' } },
  '400 words after': { status: 400, body: { error: 'invalid_request', error_message: 'by the edge' } },
  'a page after': { status: 404, headers: html, body: '<html>no such page</html>' },
  '500 after': { status: 500, body: { error: 'unknown_error' } },
  'html after': { status: 500, headers: html, body: '<!doctype html><h1>oops</h1>' },
  'empty after': { status: 200, body: '' },
  'redirect after': { status: 307, headers: { location: 'https://elsewhere.example/' } },
};

/** Whether the sender can know for sure that nothing has happened. */
export const isRefusal = (fate: Fate): boolean => fate === 'refused';

/** Carries one POST out, or not, and answers it. */
export function meet(fate: Fate, act: () => FakeAnswer, response: ServerResponse): FakeAnswer | undefined {
  const nothing = without[fate];
  if (nothing) return nothing;
  if (fate === 'cut before') {
    response.destroy();
    return undefined;
  }
  const answer = act();
  // Sent twice by a balancer: the second one meets the first, and shows it without what it bears.
  if (fate === 'named after')
    return {
      status: 400,
      body: { error: 'ongoing_payment_found', payment: { ...Object(answer.body), metadata: null } },
    };
  if (fate === 'cut after') response.destroy();
  else if (fate === 'half') {
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', 'content-length': '5000' });
    response.write('{"');
    setTimeout(() => response.destroy(), 2);
  } else return after[fate] ?? answer;
  return undefined;
}
