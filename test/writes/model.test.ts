import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError, UpstreamError } from '../../src/errors.js';
import { createMemoryState } from '../../src/state/memory.js';
import type { Attempt, Write } from '../../src/writes/writes.js';
import {
  type Behaviour,
  type End,
  LATE,
  QUARANTINE,
  READBACK_DELAY,
  type Receipt,
  UpstreamDouble,
  advance,
  harness,
  endOf,
  upstreamError,
} from './write-harness.js';

const DAY = 24 * 3_600_000;
/** Time that the clock runs for one call. */
const CALL = 5_000;

const behaviours = [
  'ok',
  'refuse',
  'unsent',
  'limited',
  'unclear with effect',
  'unclear without effect',
  'late effect',
] as const;
type Plan = (typeof behaviours)[number];

/** A service as providers use it: for a chosen key they look before they send. */
class Service extends UpstreamDouble {
  /** What happened since records were last lost or forgotten. */
  log: {
    readonly at: number;
    readonly marker: string;
    readonly did: 'found nothing' | 'sent clearly' | 'sent unclearly';
  }[] = [];

  override async send(attempt: Attempt): Promise<Receipt> {
    const earlier = attempt.keyed ? await this.find(attempt) : undefined;
    if (earlier) return earlier;
    return super.send({
      ...attempt,
      sent: async () => {
        await attempt.sent();
        const unclear =
          this.behaviour === 'late effect' ||
          this.behaviour === 'unclear with effect' ||
          this.behaviour === 'unclear without effect';
        this.log.push({ at: Date.now(), marker: attempt.marker, did: unclear ? 'sent unclearly' : 'sent clearly' });
      },
    });
  }

  override async find(attempt: Attempt): Promise<Receipt | undefined> {
    const effect = await super.find(attempt);
    if (!effect) this.log.push({ at: Date.now(), marker: attempt.marker, did: 'found nothing' });
    return effect;
  }
}

type Step =
  | {
      readonly do: 'call';
      readonly key: string;
      readonly payload: string;
      readonly plan: Plan;
      readonly blind: boolean;
      readonly twice: boolean;
    }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'restart'; readonly lost: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      key: fc.constantFrom('k', 'k', 'l'),
      payload: fc.constantFrom('p', 'p', 'p', 'q'),
      plan: fc.constantFrom(...behaviours),
      blind: fc.integer({ min: 0, max: 6 }).map((n) => n === 0),
      twice: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(500, 9_000, 30_000, QUARANTINE, QUARANTINE, QUARANTINE, DAY),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), lost: fc.boolean() }) },
);

/** What should be known of one key, and what has been done for it. */
interface Expected {
  known:
    | undefined
    | ({ readonly payload: string; readonly at: number } & (
        | { readonly as: 'result'; readonly end: 'effect' | 'conflict' }
        | { readonly as: 'unknown'; readonly sentAt: number }
      ));
  effectAt: number;
}

/** The end that a call starting now must have, as a word; changes what is expected of the next. */
function predict(state: Expected, { payload, plan, blind }: Extract<Step, { do: 'call' }>): string {
  const now = Date.now();
  if (state.known && now >= state.known.at + DAY) state.known = undefined;
  const { known } = state;
  if (known && known.payload !== payload) return 'IDEMPOTENCY_KEY_REUSED';
  if (known?.as === 'result') return known.end;
  const found = (at: number): string => {
    state.known = { payload, at, as: 'result', end: 'effect' };
    return 'effect';
  };
  let at = now;
  if (known) {
    if (blind) return 'outcome_unknown';
    for (at of [now, now + READBACK_DELAY]) if (state.effectAt <= at) return found(at);
    if (at - known.sentAt < QUARANTINE) return 'outcome_unknown';
  } else {
    if (blind) return 'timeout';
    if (state.effectAt <= at) return found(at);
  }
  if (plan === 'unsent' || plan === 'limited') {
    if (!known) return plan === 'unsent' ? 'unavailable' : 'rate_limited';
    state.known = { ...known, at };
    return 'outcome_unknown';
  }
  if (plan === 'ok' || plan === 'unclear with effect') state.effectAt = at;
  if (plan === 'late effect') state.effectAt = at + LATE;
  if (plan === 'ok') return found(at);
  if (plan === 'refuse') {
    state.known = { payload, at, as: 'result', end: 'conflict' };
    return 'conflict';
  }
  state.known = { payload, at, as: 'unknown', sentAt: at };
  return 'outcome_unknown';
}

function word(end: End): string {
  if ('value' in end) return 'effect';
  const { error } = end;
  if (error instanceof UpstreamError) return error.kind;
  return error instanceof GatewayError ? error.code : 'neither of our errors';
}

/** No key acts twice, and after an unclear sending none sends but after the quarantine and two clean looks, the delay apart. */
function checkHistory({ effects, log }: Service): void {
  const markers = effects.map(({ marker }) => marker);
  expect(new Set(markers).size).toBe(markers.length);
  log.forEach(({ did, marker, at }, index) => {
    if (did === 'found nothing') return;
    const before = log.slice(0, index).filter((entry) => entry.marker === marker);
    const last = before.findLastIndex((entry) => entry.did === 'sent unclearly');
    if (last < 0) return;
    const looks = before
      .slice(last + 1)
      .filter((entry) => entry.did === 'found nothing')
      .map((entry) => entry.at);
    expect(at - before[last]!.at).toBeGreaterThanOrEqual(QUARANTINE);
    expect(looks.length).toBeGreaterThanOrEqual(2);
    expect(at - Math.min(...looks)).toBeGreaterThanOrEqual(READBACK_DELAY);
  });
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('writes under any history', () => {
  it('end as their record says, and never act twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const service = new Service();
        const expected: Record<string, Expected> = {};
        let open = harness();
        let writes = open.writes;
        for (const current of steps) {
          const forgets = (current.do === 'wait' && current.ms >= DAY) || (current.do === 'restart' && current.lost);
          if (forgets) {
            checkHistory(service);
            service.log = [];
          }
          if (current.do === 'wait') await advance(current.ms);
          if (current.do === 'restart') {
            // A restart takes its time; what was under way at the upstream is over by then.
            await advance(30_000);
            open = harness(current.lost ? createMemoryState().records : open.records);
            writes = open.writes;
            if (current.lost) for (const state of Object.values(expected)) state.known = undefined;
          }
          if (current.do !== 'call') continue;
          const { key, payload, plan, blind, twice } = current;
          service.behaviour = plan satisfies Behaviour;
          service.lookFails = blind ? upstreamError('timeout', 'unclear') : undefined;
          const write: Write<Receipt> = {
            ...open.write({ key, payload }),
            send: (a) => service.send(a),
            find: (a) => service.find(a),
          };
          const end = predict((expected[key] ??= { known: undefined, effectAt: Infinity }), current);
          const first = endOf(writes.once(write));
          const second = twice ? endOf(writes.once(write)) : first;
          await advance(CALL);
          expect(word(await first)).toBe(end);
          // A second call in the same moment shares the fate of the first, unless two looks take longer than it may wait.
          expect([end, 'IDEMPOTENCY_IN_PROGRESS']).toContain(word(await second));
        }
        await advance(30_000);
        checkHistory(service);
        await writes.idle();
      }),
      { numRuns: 600 },
    );
  });
});
