import { z } from 'zod';
import type { SettingsReader } from '../provider.js';

/** Settings of the BitMinter pool. */
export interface BitMinterConfig {
  /** Undefined = the provider is off. There is no default: the historic host may have changed hands. */
  readonly baseUrl: string | undefined;
  /** The server's own key to miner accounts; undefined = callers must bring theirs. */
  readonly apiKey: string | undefined;
  /** How long pool and miner data may be served again, in milliseconds; 0 = not at all. */
  readonly cacheTtlMs: number;
  /** First interval between two polls of the pool's figures, in milliseconds. */
  readonly pollIntervalMs: number;
}

const MINUTE = 60_000;

const printable = z.string().regex(/^[\x21-\x7e]{1,1024}$/, 'must be printable characters without spaces');
const millis = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a whole number of milliseconds')
  .transform(Number);
const interval = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be a whole number of milliseconds above 0')
  .transform(Number);

export function readBitMinterConfig(settings: SettingsReader): BitMinterConfig {
  const baseUrl = settings.url('BITMINTER_BASE_URL');
  const apiKey = settings.read('BITMINTER_API_KEY', printable);
  if (settings.has('BITMINTER_API_KEY') && !settings.has('BITMINTER_BASE_URL')) {
    settings.problem('BITMINTER_BASE_URL', 'is required: BITMINTER_API_KEY is set');
  }
  return {
    baseUrl,
    apiKey,
    cacheTtlMs: settings.read('POOL_CACHE_TTL_MS', millis, MINUTE) ?? MINUTE,
    pollIntervalMs: settings.read('POOL_POLL_INTERVAL_MS', interval, MINUTE) ?? MINUTE,
  };
}
