import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { GatewayError } from '../errors.js';

/** Charges one upstream call to a caller; throws TOO_MANY_REQUESTS when the minute's share is used up. */
export type RateLimit = (principal: string) => Promise<void>;

/** A limit per caller and minute, counted in upstream calls as they are made; undefined when there is none. */
export function createRateLimit(perMinute: number): RateLimit | undefined {
  if (perMinute === 0) return undefined;
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  return async (principal) => {
    try {
      await limiter.consume(principal);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      throw new GatewayError('TOO_MANY_REQUESTS', `More than ${perMinute} upstream calls in a minute. Try again after retryAfterMs.`, {
        retryAfterMs: Math.max(1, Math.ceil(refusal.msBeforeNext)),
      });
    }
  };
}
