import { GatewayError } from '../errors.js';

export const keyReused = (): GatewayError =>
  new GatewayError('IDEMPOTENCY_KEY_REUSED', 'This idempotency key was used before with another input.');

export const inProgress = (): GatewayError =>
  new GatewayError('IDEMPOTENCY_IN_PROGRESS', 'A write with this idempotency key is still running.', {
    retryAfterMs: 1_000,
  });

export const storeUnavailable = (): GatewayError =>
  new GatewayError('IDEMPOTENCY_STORE_UNAVAILABLE', 'Idempotency keys cannot be kept right now; nothing was sent.');

export const shuttingDown = (): GatewayError =>
  new GatewayError('OVERLOADED', 'The gateway is shutting down; nothing was sent.');

export const busy = (): GatewayError =>
  new GatewayError('OVERLOADED', 'Another write on the same object is still running; nothing was sent.', {
    retryAfterMs: 1_000,
  });
