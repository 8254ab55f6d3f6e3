import { GatewayError } from '../errors.js';
import type { State } from '../state/state.js';
import { createSharedRate, type SharedGrant } from './shared-rate.js';

/** Charges one upstream call to a caller; throws TOO_MANY_REQUESTS when the minute's share is used up. */
export type RateLimit = (principal: string) => Promise<void> | undefined;

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

  if (!shared) return countHere;
  const together = createSharedRate(perMinute, shared.counters, () => shared.instances());

  async function settle(principal: string, asked: SharedGrant | Promise<SharedGrant>): Promise<void> {
    const grant = await asked;
    if (grant === false) await countHere(principal);
    else if (grant !== true) throw tooMany(perMinute, grant.waitMs);
  }
  return (principal) => {
    const grant = together.take(principal);
    return grant === true ? undefined : settle(principal, grant);
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
