import { afterEach, beforeEach, vi } from 'vitest';
import type { FakeAnswer, Script } from '../support/fake-upstream.js';
import { ANN, callers, wireUser, type PaymentsGraph, type Wire } from '../support/graph-payments.js';

/** Noon of a day when the tokens of the tests are good for decades; only the clock is held, sockets and timers are real. */
export function holdClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.UTC(2026, 2, 9, 12) });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}
/** Moves the held clock. */
export const pass = (ms: number) => vi.advanceTimersByTime(ms);
/** Asks who is signed in. */
export const me = (graph: PaymentsGraph, headers: Record<string, string> = callers.ann) =>
  graph.query<{ me: { uid: string } | null }>('{ me { uid } }', {}, headers);
/** Has `/me` answered so from now on. */
export function meAnswers(graph: PaymentsGraph, answer: FakeAnswer | Script): void {
  graph.pi.intercept(async (request, response) => {
    if (request.path !== '/v2/me') return undefined;
    return typeof answer === 'function' ? ((await answer(request, response)) ?? 'handled') : answer;
  });
}
/** How often Pi was asked who somebody is. */
export const asked = (graph: PaymentsGraph) => graph.pi.count('GET /me');
/** The answer to whoever is Ann. */
export const ok = { data: { me: { uid: ANN } } };
/** An answer of /me whose token is good for some seconds more. */
export const validFor = (secondsFromNow: number, more: Wire = {}): Wire =>
  wireUser(ANN, {
    credentials: {
      scopes: [],
      valid_until: { iso8601: new Date(Date.now() + secondsFromNow * 1_000).toISOString(), ...more },
    },
  });
