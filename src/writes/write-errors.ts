import { GatewayError } from '../errors.js';
import type { Doubt } from '../state/state.js';

export const keyReused = (): GatewayError =>
  new GatewayError('IDEMPOTENCY_KEY_REUSED', 'This idempotency key was used before with another input.');

export const inProgress = (): GatewayError =>
  new GatewayError('IDEMPOTENCY_IN_PROGRESS', 'A write with this idempotency key is still running.', {
    retryAfterMs: 1_000,
  });

export const storeUnavailable = (): GatewayError =>
  new GatewayError('IDEMPOTENCY_STORE_UNAVAILABLE', 'Idempotency keys cannot be kept right now; nothing was sent.');

const doubts: Readonly<Record<Doubt, string>> = {
  evicts: 'idempotency keys are not safe, because the store may throw them out to make room',
  emptied:
    'idempotency keys are not safe, because the store came back without what it held, and nobody has accepted that yet',
  unchecked:
    'idempotency keys are not safe, because the store has not been looked at yet, or does not tell whether it throws entries out ' +
    '(allow INFO to the user of REDIS_URL)',
  forgets:
    'idempotency keys are not safe, because the store ends with its process (set STATE_DIR to a folder, or REDIS_URL)',
  clock:
    "nobody knows what day it is, because this machine's clock is behind the date of its last work, or more than 40 days ahead, " +
    'and nobody has accepted that yet',
};

export const storeInDoubt = (doubt: Doubt): GatewayError =>
  new GatewayError('IDEMPOTENCY_STORE_UNAVAILABLE', `Nothing that costs money is sent: ${doubts[doubt]}.`);

export const quotaExceeded = (): GatewayError =>
  new GatewayError(
    'IDEMPOTENCY_QUOTA_EXCEEDED',
    'This caller holds as many idempotency keys as one caller may; nothing was sent. Keys are freed as they grow old.',
  );

export const shuttingDown = (): GatewayError =>
  new GatewayError('OVERLOADED', 'The gateway is shutting down; nothing was sent.');

export const busy = (): GatewayError =>
  new GatewayError('OVERLOADED', 'Another write on the same object is still running; nothing was sent.', {
    retryAfterMs: 1_000,
  });
