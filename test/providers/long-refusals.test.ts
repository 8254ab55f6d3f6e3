import { describe, expect, it } from 'vitest';
import type { CallFacts, UpstreamError } from '../../src/errors.js';
import { refusal as ofLedger } from '../../src/providers/ledger/errors.js';
import { refusal as ofMyPit } from '../../src/providers/mypit/errors.js';
import { refusal as ofPi } from '../../src/providers/pi/errors.js';
import { refusal as ofPinning } from '../../src/providers/pinning/errors.js';
import type { Answer } from '../../src/upstream/http.js';
import { nextTurn } from '../../src/values/next-turn.js';

const MOST = 65_536;
const facts: CallFacts = { provider: 'provider', operation: 'getThing', credential: 'server' };

/** A refusal in each provider's own words, and the code that is in it. */
const providers: readonly (readonly [string, (answer: Answer) => UpstreamError, object, string])[] = [
  [
    'pi',
    (answer) => ofPi(answer, facts, 'read'),
    { error: 'payment_not_found', error_message: 'none' },
    'payment_not_found',
  ],
  ['mypit', (answer) => ofMyPit(answer, facts, 'read'), { code: 'NO_BADGE', error: 'invalid cursor' }, 'NO_BADGE'],
  ['ledger', (answer) => ofLedger(answer, facts), { type: 'https://x.example/horizon-errors/gone' }, 'gone'],
  ['pinning', (answer) => ofPinning(answer, facts, 'read'), { error: { reason: 'FULL', details: 'x' } }, 'FULL'],
];

describe.each(providers)('a refusal of %s', (_provider, refusal, words, code) => {
  const padded = (status: number, length: number): Answer => {
    const text = JSON.stringify(words);
    return { status, headers: {}, turn: nextTurn, text: text + ' '.repeat(length - text.length) };
  };

  it.each([401, 403, 408, 409, 429, 500, 503])(
    'with %i is read when it is no longer than any explanation',
    (status) => {
      expect(refusal(padded(status, MOST)).upstreamCode).toBe(code);
    },
  );

  it.each([401, 403, 408, 409, 429, 500, 503])('with %i says no more than its status when it is longer', (status) => {
    const bare = refusal({ status, headers: {}, turn: nextTurn, text: '' });
    const long = refusal(padded(status, MOST + 1));
    expect(long).toMatchObject({ kind: bare.kind, status, delivery: bare.delivery });
    expect([long.upstreamCode, long.upstreamDetails]).toEqual([undefined, undefined]);
  });
});
