import fc from 'fast-check';
import { fates, type Fate } from './fates.js';
import type { Kind } from './history.js';
import type { Moment } from './world.js';

const DAY_MS = 86_400_000;
const keys = ['a', 'b', 'c', 'd'] as const;

/** What else happens while a call is under way. */
export type Beside =
  | { readonly is: 'nothing' | 'the same elsewhere' | 'a stop' | 'no store' | 'no store after sending' }
  | { readonly is: 'a kill'; readonly moment: Moment };

/** A call that may change something, with all that happens to it. */
interface Call {
  readonly who: number;
  readonly fate: Fate;
  /** Whether looks fail once it has been sent. */
  readonly blind: boolean;
  readonly beside: Beside;
}

/** One step of a history. */
export type Step =
  | (Call & {
      readonly do: 'write';
      readonly kind: Kind;
      readonly key: string;
      readonly variant: number;
      readonly more: number;
    })
  | (Call & { readonly do: 'complete' | 'cancel' | 'settle'; readonly nth: number })
  | { readonly do: 'recovery job'; readonly who: number }
  | { readonly do: 'buy'; readonly approved: boolean; readonly paid: number; readonly days: number }
  | { readonly do: 'finish elsewhere'; readonly nth: number }
  | { readonly do: 'the clock jumps'; readonly ms: number }
  | { readonly do: 'restart'; readonly who: number; readonly how: 'kill' | 'stop'; readonly clockMs: number }
  | { readonly do: 'eviction'; readonly on: boolean }
  | { readonly do: 'the store is lost'; readonly isBack: boolean }
  | { readonly do: 'the loss is accepted' }
  | { readonly do: 'people resolve'; readonly kind: Kind; readonly key: string };

const who = fc.integer({ min: 0, max: 1 });
const nth = fc.integer({ min: 0, max: 3 });
const key = fc.constantFrom(...keys);
const moment: fc.Arbitrary<Moment> = fc.oneof(
  fc.record({
    at: fc.constant('state' as const),
    end: fc.record({ nth: fc.integer({ min: 1, max: 14 }), reached: fc.boolean() }),
  }),
  fc.record({ at: fc.constant('post' as const), moment: fc.constantFrom('before' as const, 'after' as const) }),
);
const beside: fc.Arbitrary<Beside> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ is: 'nothing' as const }) },
  { weight: 3, arbitrary: fc.constant({ is: 'the same elsewhere' as const }) },
  { weight: 3, arbitrary: fc.record({ is: fc.constant('a kill' as const), moment }) },
  { weight: 1, arbitrary: fc.constant({ is: 'a stop' as const }) },
  { weight: 1, arbitrary: fc.constantFrom({ is: 'no store' as const }, { is: 'no store after sending' as const }) },
);
const fate = fc.oneof(
  { weight: 1, arbitrary: fc.constant('ok' as const) },
  { weight: 3, arbitrary: fc.constantFrom(...fates) },
);
const call = { who, fate, blind: fc.boolean(), beside };
const kind = fc.oneof(
  { weight: 4, arbitrary: fc.constant('pay' as const) },
  { weight: 2, arbitrary: fc.constant('badge' as const) },
  { weight: 2, arbitrary: fc.constant('pin' as const) },
);

const changesOf = (which: fc.Arbitrary<number>) =>
  fc.record({ do: fc.constantFrom('complete' as const, 'cancel' as const, 'settle' as const), nth: which, ...call });
const elsewhereOf = (which: fc.Arbitrary<number>) =>
  fc.record({ do: fc.constant('finish elsewhere' as const), nth: which });
const loss = fc.record({ do: fc.constant('the store is lost' as const), isBack: fc.boolean() });
const acceptance = fc.record({ do: fc.constant('the loss is accepted' as const) });
const eviction = fc.record({ do: fc.constant('eviction' as const), on: fc.boolean() });
const write = fc.record({
  do: fc.constant('write' as const),
  kind,
  key,
  // Mostly the same input again: another one under the same key is refused.
  variant: fc.constantFrom(0, 0, 0, 1),
  more: fc.integer({ min: 0, max: 3 }),
  ...call,
});
const buying = fc.record({
  do: fc.constant('buy' as const),
  approved: fc.boolean(),
  paid: fc.constantFrom(0, 1, 2, 2),
  days: fc.constantFrom(0, 1),
});
/** Half of all starts meet a clock that was set meanwhile: by NTP, by people, or by nobody after a battery has died. */
const wrongClock = fc.oneof(
  fc.constant(0),
  fc.constantFrom(-258_000, DAY_MS, -DAY_MS, -DAY_MS, 29 * DAY_MS, -29 * DAY_MS, 50 * DAY_MS, -9_000 * DAY_MS),
);
const weather: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('the clock jumps' as const),
    ms: fc.constantFrom(DAY_MS, -DAY_MS, 60_000),
  }),
  fc.record({
    do: fc.constant('restart' as const),
    who,
    how: fc.constantFrom('kill' as const, 'stop' as const),
    clockMs: wrongClock,
  }),
  eviction,
  fc.oneof({ weight: 2, arbitrary: loss }, { weight: 1, arbitrary: acceptance }),
);

/** Keys that are used again and again, on top of everything else. */
export const ofKeys: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: write },
  { weight: 3, arbitrary: changesOf(nth) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('recovery job' as const), who }) },
  { weight: 1, arbitrary: buying },
  { weight: 1, arbitrary: elsewhereOf(nth) },
  { weight: 4, arbitrary: weather },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('people resolve' as const), kind, key }) },
);
const oneOfTwo = fc.integer({ min: 0, max: 1 });
/** Payments that users have opened, few of them, and all that may end them. */
export const ofShops: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: buying },
  { weight: 8, arbitrary: changesOf(oneOfTwo) },
  { weight: 2, arbitrary: elsewhereOf(oneOfTwo) },
  { weight: 1, arbitrary: weather },
);
const payment = fc.record({
  do: fc.constant('write' as const),
  kind: fc.constantFrom('pay' as const, 'badge' as const),
  key: fc.constantFrom('a' as const, 'b' as const),
  variant: fc.constant(0),
  more: fc.constant(0),
  ...call,
  fate: fc.constantFrom('ok' as const, 'ok' as const, 'cut after' as const),
  beside: fc.constant({ is: 'nothing' as const }),
});
/** The same few keys before and after a store forgets what it held. */
export const ofLosses: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: payment },
  { weight: 2, arbitrary: loss },
  { weight: 1, arbitrary: eviction },
  { weight: 1, arbitrary: acceptance },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('recovery job' as const), who }) },
  { weight: 1, arbitrary: weather },
);
const certain = {
  fate: fc.constant('ok' as const),
  blind: fc.constant(false),
  beside: fc.constant({ is: 'nothing' as const }),
};
const oneOfTwoKeys = fc.constantFrom('a' as const, 'b' as const);
/** Payouts whose answers get lost, are cancelled, and whose keys people then free, again and again. */
export const ofFreedKeys: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      kind: fc.constant('pay' as const),
      key: oneOfTwoKeys,
      variant: fc.constant(0),
      more: fc.constant(0),
      ...call,
      fate: fc.constantFrom('cut after' as const, 'half' as const, '500 after' as const, 'cut before' as const),
      blind: fc.constantFrom(true, true, false),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('cancel' as const), nth: oneOfTwo, who, ...certain }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('complete' as const), nth: oneOfTwo, who, ...certain }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('people resolve' as const),
      kind: fc.constant('pay' as const),
      key: oneOfTwoKeys,
    }),
  },
  { weight: 1, arbitrary: weather },
);
export const manners = fc.record({ oneAtATime: fc.boolean(), showsData: fc.boolean() });
