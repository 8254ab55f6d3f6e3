import { GatewayError } from '../errors.js';
import type { Counters, State } from '../state/state.js';

/** Charges one upstream call to a caller; throws TOO_MANY_REQUESTS when the minute's share is used up. */
export type RateLimit = (principal: string) => Promise<void>;

const MINUTE_MS = 60_000;

/**
 * A limit per caller and minute, counted in upstream calls as they are made; undefined when there is none. Instances with a
 * shared state count together, and while it cannot be reached each grants its part. The library that counts is loaded only for a
 * limit: it knows some twenty databases, and knowing them takes time and memory.
 */
export async function createRateLimit(
  perMinute: number,
  shared?: Pick<State, 'counters' | 'instances'>,
): Promise<RateLimit | undefined> {
  if (perMinute === 0) return undefined;
  const { RateLimiterMemory, RateLimiterRes } = await import('rate-limiter-flexible');
  const limiter = new RateLimiterMemory({ points: perMinute, duration: MINUTE_MS / 1_000 });

  async function countHere(principal: string): Promise<void> {
    try {
      // As if every other instance were asked as often.
      await limiter.consume(principal, Math.min(shared?.instances() ?? 1, perMinute));
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      throw tooMany(perMinute, refusal.msBeforeNext);
    }
  }

  /** Every instance counts in the same minutes of the clock; false when the shared state cannot be reached. */
  async function countTogether(counters: Counters, principal: string): Promise<boolean> {
    const now = Date.now();
    const minute = Math.floor(now / MINUTE_MS);
    let calls: number;
    try {
      calls = await counters.add(`calls:${minute}:${principal}`, 1, 2 * MINUTE_MS);
    } catch {
      return false;
    }
    if (calls > perMinute) throw tooMany(perMinute, (minute + 1) * MINUTE_MS - now);
    return true;
  }

  return async (principal) => {
    if (!shared || !(await countTogether(shared.counters, principal))) await countHere(principal);
  };
}

function tooMany(perMinute: number, retryAfterMs: number): GatewayError {
  return new GatewayError(
    'TOO_MANY_REQUESTS',
    `More than ${perMinute} upstream calls in a minute. Try again after retryAfterMs.`,
    {
      retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)),
    },
  );
}
