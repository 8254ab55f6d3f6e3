import { z } from 'zod';
import type { SettingsReader } from '../provider.js';
import type { PiNetwork } from './model.js';

const PLATFORM_API = 'https://api.minepi.com/v2';

/** Settings of the Pi Platform API. */
export interface PiConfig {
  readonly baseUrl: string;
  /** The app's server key; undefined = only `me` can be served. */
  readonly apiKey: string | undefined;
  /** Tokens that name another app are refused; undefined = not compared. */
  readonly appId: string | undefined;
  /** Payments known to be of another network are not acted on; undefined = not compared. */
  readonly network: Exclude<PiNetwork, 'UNKNOWN'> | undefined;
  /** First interval between two polls of a watched payment, in milliseconds. */
  readonly paymentPollIntervalMs: number;
}

const printable = z.string().regex(/^[\x21-\x7e]{1,1024}$/, 'must be printable characters without spaces');
const network = z
  .enum(['mainnet', 'testnet'], 'must be mainnet or testnet')
  .transform((name): 'MAINNET' | 'TESTNET' => (name === 'mainnet' ? 'MAINNET' : 'TESTNET'));
const interval = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be a whole number of milliseconds above 0')
  .transform(Number);

export function readPiConfig(settings: SettingsReader): PiConfig {
  return {
    baseUrl: settings.url('PI_BASE_URL', PLATFORM_API) ?? PLATFORM_API,
    apiKey: settings.read('PI_API_KEY', printable),
    appId: settings.read('PI_APP_ID', printable),
    network: settings.read('PI_NETWORK', network),
    paymentPollIntervalMs: settings.read('PAYMENT_POLL_INTERVAL_MS', interval, 2_000) ?? 2_000,
  };
}
