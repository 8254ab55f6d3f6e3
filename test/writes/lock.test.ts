import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../src/errors.js';
import { silentLogger } from '../../src/log.js';
import { createMemoryState } from '../../src/state/memory.js';
import { StateUnavailable, type Leases, type State } from '../../src/state/state.js';
import { createWrites } from '../../src/writes/engine.js';

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const PATIENCE_MS = 30_000;
let state: State;

beforeEach(() => {
  vi.useFakeTimers();
  state = createMemoryState();
});
afterEach(() => void vi.useRealTimers());

function instance(leases: Leases = state.leases) {
  return createWrites({
    records: state.records,
    secret: 'a secret for tests only',
    leases,
    log: silentLogger,
    readbackDelayMs: 10,
    resendQuarantineMs: 100,
    writeDeadlineMs: PATIENCE_MS,
  });
}

/** A task of a given length that notes when it begins and ends. */
function task(journal: string[], name: string, ms: number) {
  return async () => {
    journal.push(`${name} begins`);
    await new Promise((resolve) => {
      setTimeout(resolve, ms);
    });
    journal.push(`${name} ends`);
    return name;
  };
}

describe('serially, on several instances', () => {
  it('runs one at a time per object, and others beside it', async () => {
    const [one, two] = [instance(), instance()];
    const journal: string[] = [];
    const runs = Promise.all([
      one.serially('a', task(journal, 'first', 500)),
      two.serially('a', task(journal, 'second', 500)),
      two.serially('b', task(journal, 'beside', 100)),
    ]);
    await pass(1_500);
    expect(await runs).toEqual(['first', 'second', 'beside']);
    expect(journal).toEqual([
      'first begins',
      'beside begins',
      'beside ends',
      'first ends',
      'second begins',
      'second ends',
    ]);
  });

  it('lets nobody in between while a long task runs', async () => {
    const [one, two] = [instance(), instance()];
    const journal: string[] = [];
    const runs = Promise.all([
      one.serially('a', task(journal, 'long', 25_000)),
      two.serially('a', task(journal, 'short', 1)),
    ]);
    await pass(26_000);
    await runs;
    expect(journal).toEqual(['long begins', 'long ends', 'short begins', 'short ends']);
  });

  it('gives the object on when a task fails', async () => {
    const [one, two] = [instance(), instance()];
    const failed = one.serially('a', async () => {
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await two.serially('a', async () => 'yes')).toBe('yes');
  });

  it('gives the object on some seconds after its holder has died', async () => {
    await state.leases.claim('a process that is gone', [{ name: 'write\0a', ttlMs: 10_000 }]);
    const journal: string[] = [];
    const run = instance().serially('a', task(journal, 'heir', 1));
    await pass(9_900);
    expect(journal).toEqual([]);
    await pass(300);
    expect(await run).toBe('heir');
  });

  it('sends nothing when the object stays taken', async () => {
    const [one, two] = [instance(), instance()];
    const journal: string[] = [];
    const long = one.serially('a', task(journal, 'long', 60_000));
    await pass(1);
    const refused = two.serially('a', task(journal, 'late', 1)).catch((error: unknown) => error);
    await pass(PATIENCE_MS + 200);
    const error = await refused;
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({ code: 'OVERLOADED' });
    await pass(60_000);
    await long;
    expect(journal).toEqual(['long begins', 'long ends']);
  });

  it('holds within the process when the shared state cannot be reached', async () => {
    const fail = async (): Promise<never> => {
      throw new StateUnavailable('gone');
    };
    const alone = instance({ claim: fail, note: fail, release: fail });
    const journal: string[] = [];
    const runs = Promise.all([
      alone.serially('a', task(journal, 'first', 50)),
      alone.serially('a', task(journal, 'second', 50)),
    ]);
    await pass(200);
    expect(await runs).toEqual(['first', 'second']);
    expect(journal).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  });

  it('leaves no timer behind', async () => {
    await instance().serially('a', async () => 'done');
    expect(vi.getTimerCount()).toBe(0);
  });
});
