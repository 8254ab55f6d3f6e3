import { z } from 'zod';
import { badResponse, type Reading } from '../reading.js';
import { faultPath, optionalInstant, optionalText } from './fields.js';
import type { MediatorAckStatus, RewardedAd } from './model.js';

const ackStatuses = new Map<string, MediatorAckStatus>([
  ['granted', 'GRANTED'],
  ['revoked', 'REVOKED'],
  ['failed', 'FAILED'],
]);

const rewardedAdDto = z.object({
  identifier: z.string().min(1),
  mediator_ack_status: optionalText,
  mediator_granted_at: optionalInstant,
  mediator_revoked_at: optionalInstant,
});

/** One ad's reward state from the wire. Throws bad_response naming the path of the first fault. */
export function parseRewardedAd(source: unknown, reading: Reading): RewardedAd {
  const parsed = rewardedAdDto.safeParse(source);
  if (!parsed.success) throw badResponse(reading, 'shape', faultPath(parsed.error, []));
  const { identifier, mediator_ack_status: word, mediator_granted_at, mediator_revoked_at } = parsed.data;
  const status = word === null ? null : (ackStatuses.get(word) ?? 'UNKNOWN');
  return {
    adId: identifier,
    mediatorAckStatus: status,
    grantedAt: mediator_granted_at,
    revokedAt: mediator_revoked_at,
    rewardable: status === 'GRANTED',
  };
}
