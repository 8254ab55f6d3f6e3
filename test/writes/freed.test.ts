import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Json } from '../../src/values/json.js';
import { createMemoryState } from '../../src/state/memory.js';
import { recordKeyOf } from '../../src/writes/identity.js';
import { advance, brittleRecords, CLAIM, code, endOf, harness, play, unknownWith } from './write-harness.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = { resend: 'never' } as const;
const freeing = { operation: 'createPayment', key: 'k', applied: false, principal: 'fp' };
const NAME = recordKeyOf('createPayment', 'fp', 'k');
const stored = async (records: ReturnType<typeof harness>['records']): Promise<Json> =>
  JSON.parse((await records.read(NAME))?.value ?? 'null') as Json;

describe('a key that people have freed', () => {
  it('marks what it sends anew, tells the provider of the marks before, and is found by its own', async () => {
    const { upstream, writes, open, write } = harness();
    upstream.behaviour = 'unclear with effect';
    for (let time = 0; time < 2; time += 1) {
      expect(await play(writes.once(write(never)))).toEqual(unknownWith('k'));
      if (time === 0) await writes.resolve(freeing);
    }
    const [first, second] = upstream.sendings;
    expect(second?.marker).not.toBe(first?.marker);
    expect([first?.former, second?.former]).toEqual([[], [{ marker: first?.marker, objectId: undefined }]]);
    expect(await play(open().once(write(never)))).toEqual({ value: { receipt: 2 } });
  });

  it('tells the provider what an answer named for the sending before, in each run until one has sent', async () => {
    const { upstream, open, write } = harness();
    const naming = {
      ...write(never),
      send: async (attempt: Parameters<ReturnType<typeof write>['send']>[0]) => {
        await attempt.sent();
        await attempt.shows?.('the payment');
        throw new Error('no answer');
      },
    };
    await play(open().once(naming));
    await open().resolve(freeing);
    for (const behaviour of ['unsent', 'unclear without effect'] as const) {
      upstream.behaviour = behaviour;
      await play(open().once(write(never)));
      expect(upstream.sendings.at(-1)?.former).toEqual([
        { marker: expect.any(String) as string, objectId: 'the payment' },
      ]);
    }
  });

  it('is not freed while it cannot be kept what an answer named for it', async () => {
    const { records, healthy } = brittleRecords();
    const deaf: typeof records = {
      ...records,
      create: (...args) => (args[0].startsWith('named:') ? Promise.reject(new Error('lost')) : records.create(...args)),
    };
    const { open, write } = harness(deaf);
    const naming = {
      ...write(never),
      send: async (attempt: Parameters<ReturnType<typeof write>['send']>[0]) => {
        await attempt.sent();
        await attempt.shows?.('the payment');
        throw new Error('no answer');
      },
    };
    await play(open().once(naming));
    expect(await endOf(open().resolve(freeing))).toEqual(code('IDEMPOTENCY_STORE_UNAVAILABLE'));
    expect(await stored(healthy)).toMatchObject({ state: 'UNKNOWN' });
  });

  it('sends nothing while nobody can tell what was seen of its sendings', async () => {
    let deaf = false;
    const { records } = createMemoryState();
    const busy: typeof records = {
      ...records,
      read: (key) => (deaf && /^(object|named):/.test(key) ? Promise.reject(new Error('busy')) : records.read(key)),
    };
    const { upstream, open, write } = harness(busy);
    upstream.behaviour = 'unclear without effect';
    deaf = true;
    expect(await play(open().once(write(never)))).toEqual(code('IDEMPOTENCY_STORE_UNAVAILABLE'));
    expect(upstream.sendings).toHaveLength(0);
    deaf = false;
    upstream.behaviour = 'ok';
    expect(await play(open().once(write(never)))).toEqual({ value: { receipt: 1 } });
  });

  it('stays free through every run that sent nothing, with the same mark', async () => {
    const { records, upstream, open, write } = harness();
    upstream.behaviour = 'unclear without effect';
    await play(open().once(write(never)));
    await open().resolve(freeing);
    const marks = new Set<string>();
    for (const behaviour of ['unsent', 'limited', { throws: new Error('before'), before: true }, 'unsent'] as const) {
      upstream.behaviour = behaviour;
      await play(open().once(write(never)));
      marks.add(upstream.sendings.at(-1)?.marker ?? '');
      expect(await stored(records)).toMatchObject({ state: 'INTENT', freed: true, generation: 1 });
    }
    expect(marks.size).toBe(1);
    upstream.behaviour = 'ok';
    expect(await play(open().once(write(never)))).toEqual({ value: { receipt: 1 } });
  });

  it('stays free though the word that it begins was written and its answer lost', async () => {
    const { records, healthy, cutOff } = brittleRecords();
    let lose = false;
    const lossy: typeof records = {
      ...records,
      async replace(...args) {
        const version = await records.replace(...args);
        if (!lose || !args[2].includes('"SENT"')) return version;
        lose = false;
        cutOff(3_000);
        throw new Error('the answer got lost');
      },
    };
    const { upstream, open, write } = harness(lossy);
    upstream.behaviour = 'unclear without effect';
    await play(open().once(write(never)));
    await open().resolve(freeing);
    lose = true;
    await play(open().once(write(never)));
    await advance(5_000);
    expect(await stored(healthy)).toMatchObject({ state: 'INTENT', freed: true, generation: 1 });
    upstream.behaviour = 'ok';
    expect(await play(open().once(write(never)))).toEqual({ value: { receipt: 1 } });
    expect(upstream.sendings).toHaveLength(2);
  });

  it('is not ended by a look that was under way when they freed it', async () => {
    const { upstream, open, write } = harness();
    upstream.behaviour = 'late effect';
    await play(open().once(write(never)));
    const looking = endOf(open().once(write(never)));
    await advance(0);
    await open().resolve(freeing);
    await advance(10_000);
    expect(await looking).toMatchObject({ error: { code: 'IDEMPOTENCY_IN_PROGRESS' } });
    upstream.behaviour = 'ok';
    expect(await play(open().once(write(never)))).toEqual({ value: { receipt: 2 } });
  });

  it('is not ended by a sending of before that comes back from the dead', async () => {
    const { records, healthy, cutOff } = brittleRecords();
    const { upstream, open, write } = harness(records);
    const others = harness(healthy);
    upstream.behaviour = 'hang with effect';
    const hanging = endOf(open().once(write(never)));
    await advance(100);
    cutOff(CLAIM * 2);
    await advance(CLAIM + 1_000);
    await others.writes.resolve(freeing);
    upstream.release();
    await advance(CLAIM * 2);
    expect(await hanging, 'it is what that call has sent').toEqual({ value: { receipt: 1 } });
    expect(await stored(healthy)).toMatchObject({ state: 'INTENT', generation: 1 });
    expect(await play(others.writes.once(write(never)))).toEqual({ value: { receipt: 2 } });
  });

  it('is found by the object that bears its mark rather than by one that an answer only named', async () => {
    const { upstream, open, write } = harness();
    const writes = open();
    const sent = async (): Promise<never> => {
      throw new Error('never');
    };
    const named = {
      ...write(never),
      send: async (attempt: Parameters<ReturnType<typeof write>['send']>[0]) => {
        await attempt.sent();
        await attempt.shows?.('somebody else’s');
        await writes.note(attempt.marker, 'its own');
        return sent();
      },
    };
    await play(writes.once(named));
    await play(open().once(write(never)));
    expect(upstream.looks.map(({ objectId }) => objectId)).toEqual(['its own', 'its own']);
    expect(await writes.openWrites()).toMatchObject([{ objectId: 'its own' }]);
  });
});

describe('records of the last version', () => {
  const before = { payload: '', startedAt: 1 };
  async function withStored(record: object) {
    const { records } = createMemoryState();
    const made = harness(records);
    const { writes, upstream, write } = made;
    upstream.behaviour = 'unclear with effect';
    await play(writes.once(write(never)));
    const found = await records.read(NAME);
    const { payload } = JSON.parse(found?.value ?? '') as { payload: string };
    await records.replace(NAME, found?.version ?? 0, JSON.stringify({ ...before, ...record, payload }), 1e9);
    return made;
  }

  it('that say that they are free are of the generation after the one that was sent', async () => {
    const { upstream, open, write } = await withStored({ state: 'INTENT', holder: 'freed', freed: true });
    upstream.behaviour = 'ok';
    expect(await play(open().once(write(never)))).toEqual({ value: { receipt: 2 } });
  });

  it.each([
    { state: 'SENT', holder: 'h', sentAt: 2 },
    { state: 'UNKNOWN', sentAt: 2 },
  ])('that were sent are found by their marker: %j', async (record) => {
    const { open, write } = await withStored(record);
    await advance(CLAIM);
    expect(await play(open().once(write(never)))).toEqual({ value: { receipt: 1 } });
  });
});
