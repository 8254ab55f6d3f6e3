import { isLosslessNumber } from 'lossless-json';
import { z } from 'zod';
import { UpstreamError } from '../../errors.js';
import { MOST_MEMBERS } from '../../values/answer-bounds.js';
import { instantFromMillis, instantFromSeconds, parseInstant, toMillis, type Instant } from '../../values/instant.js';
import { badResponse, type Reading } from '../reading.js';
import { address, faultPath, optionalText } from './fields.js';
import type { User } from './model.js';

/** Timestamps below this are seconds, others milliseconds: the upstream does not say which it sends. */
const MILLIS_FROM = 1e11;
const LAST_MILLIS = 253_402_300_799_999;

const userDto = z.object({
  uid: z.string().min(1),
  username: optionalText,
  credentials: z.object({
    scopes: z.array(z.string()),
    valid_until: z
      .object({ iso8601: z.unknown().optional(), timestamp: z.unknown().optional() })
      .transform((until, context): Instant => {
        const moment = validUntil(until.iso8601, until.timestamp);
        if (moment) return moment;
        context.addIssue({ code: 'custom', message: 'not a moment' });
        return z.NEVER;
      }),
  }),
  app_id: optionalText,
  wallet_address: address,
});

/** The user that a token stands for. JSON of any other shape says nothing about anybody: `unauthorized`. */
export function parseUser(source: unknown, reading: Reading): User {
  const parsed = userDto.safeParse(source);
  if (!parsed.success) {
    throw new UpstreamError('unauthorized', {
      ...reading.facts,
      delivery: 'answered',
      reason: 'shape',
      detail: faultPath(parsed.error, []),
    });
  }
  if (parsed.data.credentials.scopes.length > MOST_MEMBERS)
    throw badResponse({ ...reading, delivery: 'answered' }, 'too_large', 'credentials.scopes');
  const { uid, username, credentials, app_id, wallet_address } = parsed.data;
  return {
    uid,
    username,
    scopes: credentials.scopes,
    tokenValidUntil: credentials.valid_until,
    walletAddress: wallet_address,
    appId: app_id,
  };
}

function validUntil(iso8601: unknown, timestamp: unknown): Instant | undefined {
  const spelled = typeof iso8601 === 'string' ? parseInstant(iso8601) : undefined;
  if (spelled) return spelled;
  if (!isLosslessNumber(timestamp)) return undefined;
  const value = Number(timestamp.value);
  if (!(value >= 0 && value <= LAST_MILLIS)) return undefined;
  if (value >= MILLIS_FROM) return instantFromMillis(value);
  return Number.isInteger(value) ? instantFromSeconds(value) : instantFromMillis(value * 1000);
}

/** Whether a token valid until then is of use at this moment (epoch milliseconds). */
export function isPast(moment: Instant, now: number): boolean {
  return toMillis(moment) <= now;
}
