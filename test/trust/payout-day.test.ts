import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { acceptLoss } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { silentLogger, type LogFields } from '../../src/log.js';
import { createTestApp, gatewayKey, operatorHeaders, type TestApp } from '../support/create-test-app.js';
import { documents, endOf } from './money/documents.js';
import { startUpstreams, type Upstreams } from './money/upstreams.js';

const DAY = 86_400_000;
const MINUTE = 60_000;
const NOW = Date.UTC(2026, 10, 30, 12);
const CAP = 10;

describe('the day of the cap on payouts, over the folder of one instance', () => {
  let folder: string;
  let upstreams: Upstreams;
  let app: TestApp | undefined;
  let paid = 0;
  const logged: { readonly event: string; readonly reason: unknown }[] = [];
  const note = (event: string, fields: LogFields = {}): void => void logged.push({ event, reason: fields['reason'] });
  const log = { ...silentLogger, warn: note, error: note };
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'], now: NOW });
    folder = mkdtempSync(join(tmpdir(), 'headgate-day-'));
    upstreams = await startUpstreams();
    paid = 0;
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    vi.useRealTimers();
    await upstreams.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const settings = (): Record<string, string> => ({
    PI_BASE_URL: `${upstreams.pi.url}/v2`,
    PI_API_KEY: 'server-key',
    GATEWAY_KEYS: gatewayKey('pi:read+pi:payout+ops:read'),
    PAYOUT_MAX_PER_CALL: '4',
    PAYOUT_MAX_PER_DAY: String(CAP),
    READBACK_DELAY_MS: '1',
    STATE_DIR: folder,
    HEADGATE_SECRET: 'a secret for tests only',
  });

  /** The machine starts anew, and says that it is so late. */
  async function startAt(wall: number): Promise<void> {
    await app?.close();
    vi.setSystemTime(wall);
    logged.length = 0;
    app = await createTestApp(settings(), { log });
  }

  async function pay(): Promise<string> {
    const input = { idempotencyKey: `k${(paid += 1)}`, userUid: 'ben', amount: '4', memo: 'thanks', metadata: {} };
    const end = endOf(await app!.query(documents.createPayment, { input }, operatorHeaders)).what;
    for (const payment of upstreams.payments.values())
      payment['status'] = { ...(payment['status'] as object), developer_completed: true };
    return end;
  }
  /** Pays until it is refused; says how it was. */
  async function payAll(): Promise<string> {
    for (let left = 10; left > 0; left -= 1) {
      const end = await pay();
      if (end !== 'CreatePaymentPayload') return end;
    }
    return 'never refused';
  }
  const sent = (): number => upstreams.payouts.reduce((sum, { amount }) => sum + amount, 0);
  const doubt = async (): Promise<unknown> => {
    const request = new Request('http://headgate/health/ready', { headers: operatorHeaders });
    const { state } = (await (await app!.app.fetch(request)).json()) as { state: { doubt: unknown } };
    return state.doubt;
  };
  const accept = (): Promise<string> => acceptLoss(readConfig(settings()));

  it('gives no cap to a clock that goes back, at whatever start', async () => {
    const ends: string[] = [];
    for (const days of [0, -1, -2, -30, -400, -20_000]) {
      await startAt(NOW + days * DAY);
      ends.push(await payAll());
    }
    expect(sent()).toBeLessThanOrEqual(CAP);
    expect(ends).toEqual(['FORBIDDEN', ...Array<string>(5).fill('IDEMPOTENCY_STORE_UNAVAILABLE')]);
  });

  it('gives no cap to a clock that is set while a process runs', async () => {
    await startAt(NOW);
    expect(await payAll()).toBe('FORBIDDEN');
    for (const days of [1, -1, 7, 100]) {
      vi.setSystemTime(NOW + days * DAY);
      expect(await payAll(), `${days} days`).toBe('FORBIDDEN');
    }
    expect(sent()).toBeLessThanOrEqual(CAP);
    vi.advanceTimersByTime(DAY / 2);
    expect(await pay(), 'the next day').toBe('CreatePaymentPayload');
  });

  it('stops payouts and says why, until somebody accepts the clock, in any life or between two', async () => {
    await startAt(NOW);
    await startAt(NOW - 3 * DAY);
    expect(await pay()).toBe('IDEMPOTENCY_STORE_UNAVAILABLE');
    expect(await doubt()).toBe('clock');
    const about = logged.filter(({ event }) => event === 'state_clock_doubted');
    expect(about).toHaveLength(1);
    expect(about[0]?.reason).toMatch(
      /says 2026-11-27T12:00:00.000Z, .* 2026-11-30T12:00:00.000Z.*headgate state accept/,
    );
    expect(await accept(), 'while it runs').toMatch(/^accepted: .*2026-11-27T12:00/);
    expect(await pay()).toBe('CreatePaymentPayload');
    expect(await doubt()).toBeNull();
    await startAt(NOW - 5 * DAY);
    expect(await pay()).toBe('IDEMPOTENCY_STORE_UNAVAILABLE');
    await app?.close();
    expect(await accept(), 'while nothing runs').toMatch(/^accepted: /);
    expect(await accept()).toMatch(/^nothing to accept/);
    app = await createTestApp(settings());
    expect(await pay()).toBe('CreatePaymentPayload');
  });

  it('goes on by itself once the clock is right again', async () => {
    await startAt(NOW);
    await startAt(0);
    expect(await pay()).toBe('IDEMPOTENCY_STORE_UNAVAILABLE');
    vi.setSystemTime(NOW + 20_000);
    expect(await payAll()).toBe('FORBIDDEN');
    expect(sent()).toBeLessThanOrEqual(CAP);
    expect(logged.filter(({ event }) => event === 'state_clock_believed')).toHaveLength(1);
  });

  it.each([
    ['a week off', 7 * DAY],
    ['39 days off', 39 * DAY],
    ['a correction by seconds', -5_000],
    ['a correction by minutes', -9 * MINUTE],
  ])('works on after %s', async (_name, ms) => {
    await startAt(NOW);
    await startAt(NOW + ms);
    expect(await doubt()).toBeNull();
    expect(await pay()).toBe('CreatePaymentPayload');
  });

  it('doubts a clock that is more than 40 days ahead', async () => {
    await startAt(NOW);
    await startAt(NOW + 41 * DAY);
    expect(await pay()).toBe('IDEMPOTENCY_STORE_UNAVAILABLE');
    await startAt(NOW);
    expect(await pay(), 'the right clock').toBe('CreatePaymentPayload');
  });

  it('gives a row of growing dates a cap each, and doubts the first right one after it', async () => {
    for (const days of [0, 30, 60]) {
      await startAt(NOW + days * DAY);
      expect(await payAll()).toBe('FORBIDDEN');
    }
    await startAt(NOW);
    expect(await pay()).toBe('IDEMPOTENCY_STORE_UNAVAILABLE');
    await accept();
    expect(await payAll(), 'its cap is not forgotten').toBe('FORBIDDEN');
    expect(sent()).toBe(3 * 8);
  });
});
