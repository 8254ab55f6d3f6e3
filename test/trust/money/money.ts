import fc from 'fast-check';
import { expect, vi } from 'vitest';
import { end } from './ending.js';
import { History } from './history.js';
import { manners, ofFreedKeys, ofKeys, ofLosses, ofShops, type Step } from './steps.js';
import { startStores, type StoreKind } from './stores.js';
import { take } from './take.js';
import { World } from './world.js';

/** A step as fast-check runs it: any may follow any other. */
class Command implements fc.AsyncCommand<Record<string, never>, History> {
  constructor(private readonly step: Step) {}
  check(): boolean {
    return true;
  }
  async run(_model: Record<string, never>, history: History): Promise<void> {
    await take(history, this.step);
    history.check();
  }
  toString(): string {
    return JSON.stringify(this.step);
  }
}

const commandsOf = (steps: fc.Arbitrary<Step>) =>
  fc.commands([steps.map((step) => new Command(step))], { maxCommands: 16, size: 'max' });

/** How long so many histories may take, and the search for a short one that fails. */
export const msFor = (runs: number): number => 60_000 + runs * 5_000;

/**
 * Lives through made-up histories over one kind of store; says what came of them. Counted at the upstreams: at most one effect
 * for a key, no day above its cap, and every unknown end comes to the truth, or to people, once the upstreams answer again.
 * `npm run soak:planted` shows what that is worth: it finds each of the 27 faults in soak/planted-faults.ts within 200 histories. A
 * fault that another layer makes up for cannot be seen here.
 */
export async function liveThrough(kind: StoreKind, runs: number): Promise<string> {
  const stores = await startStores(kind);
  let [sent, effects, faults, left] = [0, 0, 0, 0];
  const commands = fc.oneof(
    { weight: 3, arbitrary: commandsOf(ofKeys) },
    { weight: 1, arbitrary: commandsOf(ofShops) },
    { weight: 1, arbitrary: commandsOf(ofFreedKeys) },
    // Only Redis loses anything.
    { weight: kind === 'redis' ? 2 : 0, arbitrary: commandsOf(ofLosses) },
  );
  try {
    await fc.assert(
      fc.asyncProperty(commands, manners, async (history, { oneAtATime, showsData }) => {
        vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 30, 12) });
        const world = await World.open(await stores.create());
        Object.assign(world.upstreams, { oneAtATime, showsData });
        try {
          const real = new History(world);
          await fc.asyncModelRun(() => ({ model: {}, real }), history);
          left += await end(real);
          sent += world.upstreams.payouts.length;
          effects += world.upstreams.effects.length;
          faults += world.faults + world.upstreams.faults;
        } finally {
          await world.close();
          vi.useRealTimers();
        }
      }),
      {
        numRuns: runs,
        // A planted fault is to be found, not explained.
        endOnFailure: process.env['MONEY_SHRINK'] === 'off',
        // Looking for a shorter history takes long; the shortest so far is told in time.
        interruptAfterTimeLimit: msFor(runs),
        markInterruptAsFailure: true,
      },
    );
  } finally {
    await stores.close();
  }
  expect(effects).toBeGreaterThan(runs / 2);
  return `money, ${kind}: ${runs} histories, ${sent} payouts sent, ${effects} effects, ${faults} faults, ${left} ends left to people`;
}
