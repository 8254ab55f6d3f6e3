import { expect, vi } from 'vitest';
import { UpstreamError, type UpstreamErrorKind, type Delivery } from '../../src/errors.js';
import { silentLogger } from '../../src/log.js';
import { createMemoryState } from '../../src/state/memory.js';
import type { Doubt, Records } from '../../src/state/state.js';
import { createWrites } from '../../src/writes/engine.js';
import type { Attempt, Write, Writes } from '../../src/writes/writes.js';

export const READBACK_DELAY = 2_000;
export const QUARANTINE = 60_000;
/** Without a sign of life for so long, a write is taken over. */
export const CLAIM = 6_000;

/** When a late effect shows. */
export const LATE = 10_001;

export type Receipt = { readonly receipt: number };
/** What the upstream does with one sending. */
export type Behaviour =
  | 'ok'
  | 'refuse'
  | 'unsent'
  | 'limited'
  | 'unclear with effect'
  | 'unclear without effect'
  | 'late effect'
  | 'hang'
  | 'hang with effect'
  | { readonly throws: unknown; readonly before?: true };

export const upstreamError = (kind: UpstreamErrorKind, delivery: Delivery): UpstreamError =>
  new UpstreamError(kind, {
    provider: 'pi',
    operation: 'createPayment',
    delivery,
    status: delivery === 'answered' ? 409 : undefined,
    upstreamCode: 'because',
  });

/** An upstream that keeps what was done under each marker. */
export class UpstreamDouble {
  readonly effects: { readonly marker: string; readonly receipt: number }[] = [];
  readonly sendings: Attempt[] = [];
  readonly looks: Attempt[] = [];
  behaviour: Behaviour = 'ok';
  lookFails: unknown = undefined;
  /** Ends the sendings that hang. */
  release: () => void = () => {};
  #hanging = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  async send(attempt: Attempt): Promise<Receipt> {
    const { behaviour } = this;
    if (typeof behaviour === 'object' && behaviour.before) throw behaviour.throws;
    await attempt.sent();
    this.sendings.push(attempt);
    if (typeof behaviour === 'object') throw behaviour.throws;
    switch (behaviour) {
      case 'ok':
        return this.#act(attempt);
      case 'refuse':
        throw upstreamError('conflict', 'answered');
      case 'unsent':
        throw upstreamError('unavailable', 'unsent');
      case 'limited':
        throw upstreamError('rate_limited', 'answered');
      case 'unclear without effect':
        throw upstreamError('outcome_unknown', 'unclear');
      case 'unclear with effect':
        this.#act(attempt);
        throw upstreamError('outcome_unknown', 'unclear');
      case 'late effect':
        setTimeout(() => this.#act(attempt), LATE);
        throw upstreamError('outcome_unknown', 'unclear');
      case 'hang':
        await this.#hanging;
        return this.#act(attempt);
      case 'hang with effect': {
        const receipt = this.#act(attempt);
        await this.#hanging;
        return receipt;
      }
    }
  }

  async find(attempt: Attempt): Promise<Receipt | undefined> {
    this.looks.push(attempt);
    if (this.lookFails !== undefined) throw this.lookFails;
    const effect = this.effects.find(({ marker }) => marker === attempt.marker);
    return effect && { receipt: effect.receipt };
  }

  #act({ marker }: Attempt): Receipt {
    const receipt = this.effects.length + 1;
    this.effects.push({ marker, receipt });
    return { receipt };
  }
}

export function harness(
  records: Records = createMemoryState().records,
  now: () => number = Date.now,
  doubt: () => Doubt | undefined = () => undefined,
) {
  const upstream = new UpstreamDouble();
  const open = (): Writes =>
    createWrites({
      records,
      secret: 'a secret for tests only',
      log: silentLogger,
      readbackDelayMs: READBACK_DELAY,
      resendQuarantineMs: QUARANTINE,
      writeDeadlineMs: 40_000,
      now,
      doubt,
    });
  const write = (changes: Partial<Omit<Write<Receipt>, 'send' | 'find'>> = {}): Write<Receipt> => ({
    principal: 'fp',
    provider: 'pi',
    operation: 'createPayment',
    key: 'k',
    payload: { amount: '1' },
    ...changes,
    send: (attempt) => upstream.send(attempt),
    find: (attempt) => upstream.find(attempt),
  });
  return { records, upstream, open, write, writes: open() };
}

/** How a promise ends, told without throwing. */
export type End = { readonly value: unknown } | { readonly error: unknown };
export const endOf = (promise: Promise<unknown>): Promise<End> =>
  promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );

export const advance = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Runs the clock and tells how the promise ended; it must end within that time. */
export async function play(promise: Promise<unknown>, ms = 10_000): Promise<End> {
  let end: End | undefined;
  const ending = endOf(promise).then((ended) => {
    end = ended;
  });
  await advance(ms);
  expect(end, `ends within ${ms} ms`).toBeDefined();
  await ending;
  return end!;
}

export const code = (expected: string) => ({ error: expect.objectContaining({ code: expected }) as unknown });
export const unknownWith = (key: unknown) => ({
  error: expect.objectContaining({ kind: 'outcome_unknown', idempotencyKey: key, provider: 'pi' }) as unknown,
});

/** Records that one process can be cut off from while others still reach them. */
export function brittleRecords(healthy: Records = createMemoryState().records) {
  let deadUntil = 0;
  const reach = async (): Promise<void> => {
    if (Date.now() < deadUntil) throw new Error('connection lost');
  };
  const records: Records = {
    read: (key) => reach().then(() => healthy.read(key)),
    create: (...record) => reach().then(() => healthy.create(...record)),
    replace: (key, version, value, ttlMs) => reach().then(() => healthy.replace(key, version, value, ttlMs)),
    remove: (key, version) => reach().then(() => healthy.remove(key, version)),
  };
  return {
    records,
    healthy,
    cutOff(ms = Infinity): void {
      deadUntil = Date.now() + ms;
    },
  };
}
