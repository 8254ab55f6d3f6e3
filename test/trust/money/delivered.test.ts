import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeWithRedis } from '../../support/start-redis.js';
import type { End } from './documents.js';
import type { Fate } from './fates.js';
import { History } from './history.js';
import { startStores, type StoreKind } from './stores.js';
import { take } from './take.js';
import { World } from './world.js';

/** One call that may complete a payment, and what becomes of it. */
interface Call {
  readonly operation: 'completePayment' | 'settlePayment';
  readonly fate: Fate;
  readonly blind: boolean;
  readonly beside: 'nothing' | 'the same at once' | 'a kill before' | 'a kill after' | 'no store' | 'a restart';
}

const call: fc.Arbitrary<Call> = fc.record({
  operation: fc.constantFrom('completePayment' as const, 'settlePayment' as const),
  fate: fc.constantFrom<Fate>(
    'ok',
    'cut before',
    'cut after',
    'half',
    '500 after',
    'a page after',
    '409 after',
    'refused',
  ),
  blind: fc.boolean(),
  beside: fc.constantFrom<Call['beside']>(
    'nothing',
    'the same at once',
    'a kill before',
    'a kill after',
    'no store',
    'a restart',
  ),
});

/** In each store, and over kills, restarts and a store that is away; how Pi may answer is in `payments-told-once.property.test.ts`. */
describe('a completion, over one memory', () => ofCompletions('memory'));
describe('a completion, over a folder', () => ofCompletions('embedded'));
describeWithRedis('a completion, over Redis', () => ofCompletions('redis'));

function ofCompletions(kind: StoreKind): void {
  it(
    'is told to exactly one caller, in whatever order they ask and whatever is lost',
    { timeout: 120_000 },
    async () => {
      const stores = await startStores(kind);
      const world = await World.open(await stores.create());
      try {
        await fc.assert(
          fc.asyncProperty(fc.array(call, { maxLength: 5 }), async (calls) => {
            await take(new History(world), { do: 'buy', approved: true, paid: 1, days: 0 });
            const paymentId = [...world.upstreams.payments.keys()].at(-1) ?? '';
            let told = 0;
            const ask = async (operation: Call['operation'], instance = 0): Promise<void> => {
              const end = await world.ask(instance, operation, inputOf(world, operation, paymentId));
              if (isTold(end)) told += 1;
            };
            for (const one of calls) await make(world, one, ask);
            world.upstreams.meet('ok', false);
            for (const operation of ['settlePayment', 'completePayment', 'settlePayment'] as const)
              await ask(operation);
            expect(told).toBe(1);
          }),
          { numRuns: 40 },
        );
      } finally {
        await world.close();
        await stores.close();
      }
    },
  );
}

const isTold = (end: End | undefined): boolean => end?.alreadyCompleted === false || end?.action === 'COMPLETED';

function inputOf({ ledger }: World, operation: Call['operation'], paymentId: string): object {
  const txid = ledger.transactions.find(({ memo }) => memo === paymentId)?.hash;
  return operation === 'settlePayment' ? { paymentId } : { paymentId, txid };
}

async function make(
  world: World,
  { operation, fate, blind, beside }: Call,
  ask: (operation: Call['operation'], instance?: number) => Promise<void>,
): Promise<void> {
  world.upstreams.meet(fate, blind);
  if (beside === 'no store') world.away = true;
  if (beside === 'a kill before' || beside === 'a kill after')
    world.killAt(0, { at: 'post', moment: beside === 'a kill before' ? 'before' : 'after' });
  await Promise.all([ask(operation), ...(beside === 'the same at once' ? [ask(operation, 1)] : [])]);
  world.away = false;
  world.upstreams.onPost = () => {};
  world.upstreams.meet('ok', false);
  if (beside === 'a restart' || world.isDead(0)) await world.restart(0);
}
