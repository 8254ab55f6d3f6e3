import { Dispatcher } from 'undici';
import type { Settings } from '../../src/settings.js';
import { gatewayKey } from './create-test-app.js';

export interface CannedAnswer {
  readonly status: number;
  readonly text: string;
}

/** Stands for every upstream without a socket: nothing of what it does is work that a gateway would do. */
export class CannedUpstreams extends Dispatcher {
  /** What is asked, as `METHOD /path`, without a query. */
  answer: (asked: string) => CannedAnswer = () => ({ status: 404, text: '{"error":"none"}' });
  calls = 0;

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.calls += 1;
    const { status, text } = this.answer(`${options.method} ${options.path.split('?')[0]}`);
    const body = Buffer.from(text);
    let aborted = false;
    const controller: Dispatcher.DispatchController = {
      get aborted() {
        return aborted;
      },
      paused: false,
      reason: null,
      abort: () => (aborted = true),
      pause() {},
      resume() {},
    };
    setImmediate(() => {
      handler.onRequestStart?.(controller, {});
      if (!aborted) handler.onResponseStart?.(controller, status, { 'content-type': 'application/json' }, '');
      if (!aborted) handler.onResponseData?.(controller, body);
      if (!aborted) handler.onResponseEnd?.(controller, {});
    });
    return true;
  }

  override async close(): Promise<void> {}
  override async destroy(): Promise<void> {}
}

const at = 'https://upstream.example';

/** Every upstream with a credential of the server's, and one operator who may do everything; no limit that would hide work. */
export const cannedSettings: Settings = {
  PI_BASE_URL: `${at}/v2`,
  PI_API_KEY: 'server-key',
  PI_LEDGER_URL: `${at}/ledger`,
  MYPIT_BASE_URL: at,
  MYPIT_CLIENT_ID: 'client',
  MYPIT_SECRET_KEY: 'secret',
  MYPIT_USER_ID: 'n3wq8hx1v5t0c7yk2mzj6rb4dgf9aps5',
  MYPIT_ISSUER_DID: 'did:web:server',
  PINNING_SERVICES: 'acme',
  PINNING_ACME_URL: `${at}/psa`,
  PINNING_ACME_TOKEN: 'token',
  BITMINTER_BASE_URL: `${at}/api`,
  BITMINTER_API_KEY: 'miner',
  POOL_CACHE_TTL_MS: '0',
  PAYOUT_MAX_PER_CALL: '10',
  PAYOUT_MAX_PER_DAY: '1000000',
  READBACK_DELAY_MS: '0',
  RESEND_QUARANTINE_MS: '0',
  MAX_BODY_BYTES: '262144',
  BREAKER_MIN_REQUESTS: '1000000',
  GATEWAY_KEYS: gatewayKey(
    'pi:read+pi:approve+pi:complete+pi:cancel+pi:payout+mypit:read+mypit:pii' +
      '+mypit:write+mypit:delete+mypit:issue+pin:read+pin:write+bm:read',
  ),
};
