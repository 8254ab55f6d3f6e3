import { beforeEach, describe, expect, it } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import type { UpstreamErrorKind } from '../../src/errors.js';
import type { PinStatus } from '../../src/providers/pinning/model.js';
import { createPollSource } from '../../src/providers/pinning/polling/poll-source.js';
import { instantFromMillis } from '../../src/values/instant.js';
import { BORN, fakeService, idsOf, pin, range, statusOf, upstreamError } from './pinning-poll-support.js';

let fake: ReturnType<typeof fakeService>;
beforeEach(() => {
  fake = fakeService();
});

describe('reading pins to watch', () => {
  it('asks for one or two by id', async () => {
    const { service, poll } = fake;
    service.put(pin(1), pin(2));
    expect(statusOf((await poll(['r1'])).get('r1'))).toBe('QUEUED');
    expect(service.calls()).toEqual({ lists: 0, gets: 1 });
    await poll(['r1', 'r2']);
    expect(service.calls()).toEqual({ lists: 0, gets: 2 });
  });

  it('reads two hundred in progress in one listing, and each that left it by id', async () => {
    const { service, poll } = fake;
    service.put(...range(200).map((number) => pin(number)));
    const ids = idsOf(range(200));
    const first = await poll(ids);
    expect([...first.values()].every((reading) => statusOf(reading) === 'QUEUED')).toBe(true);
    expect(service.lists[0]).toMatchObject({ status: ['QUEUED', 'PINNING'], limit: 1000, cids: [], before: null });
    expect(service.calls()).toEqual({ lists: 1, gets: 0 });
    service.put(pin(7, { status: 'PINNED' }), pin(8, { status: 'FAILED' }), pin(9, { status: 'PINNING' }));
    service.pins.delete('r10');
    const second = await poll(ids);
    expect(['r7', 'r8', 'r9', 'r10', 'r11'].map((id) => statusOf(second.get(id)))).toEqual([
      'PINNED',
      'FAILED',
      'PINNING',
      'gone',
      'QUEUED',
    ]);
    expect(service.calls()).toEqual({ lists: 1, gets: 3 });
  });

  it('looks through what is in progress before it asks for many unknown pins, twenty at a time', async () => {
    const { service, poll } = fake;
    service.put(...range(100).map((number) => pin(number, { status: number < 60 ? 'PINNED' : 'QUEUED' })));
    await poll(idsOf(range(100)));
    expect(service.calls()).toEqual({ lists: 1, gets: 60 });
    expect(service.mostGetsAtOnce).toBe(20);
  });

  it('goes on to the next thousand from the oldest that came', async () => {
    const { service, poll } = fake;
    // Five pins to an instant, so that an instant lies across the edge of a page.
    service.put(
      ...range(2300).map((number) =>
        pin(number, { createdAt: instantFromMillis(BORN + Math.floor(number / 7) * 1000) }),
      ),
    );
    const readings = await poll(idsOf(range(2300)));
    expect([...readings.values()].every((reading) => statusOf(reading) === 'QUEUED')).toBe(true);
    expect(readings.size).toBe(2300);
    expect(service.calls()).toEqual({ lists: 3, gets: 0 });
  });

  it('does not go on when what is missing costs less by id', async () => {
    const { service, poll } = fake;
    service.put(...range(5000).map((number) => pin(number)));
    const readings = await poll(idsOf([4999, 4998, 4997, 4996, 0]));
    expect(readings.size).toBe(5);
    expect(service.calls()).toEqual({ lists: 1, gets: 1 });
  });

  it('asks by CIDs, as the service spells them, where the listing of all is long', async () => {
    const { service, poll } = fake;
    service.put(...range(5000).map((number) => pin(number)));
    const ids = idsOf(range(20));
    await poll(ids);
    expect(service.calls().lists).toBeGreaterThan(0);
    const readings = await poll(ids);
    expect(service.lists.map((request) => request.cids.length)).toEqual([10, 10]);
    expect(service.lists[0]).toMatchObject({ status: [], limit: 1000 });
    expect(service.calls()).toEqual({ lists: 2, gets: 0 });
    expect([...readings.values()].map(statusOf)).toEqual(ids.map(() => 'QUEUED'));
  });

  it('prefers the short answer when both listings are one call', async () => {
    const { service, poll } = fake;
    service.put(...range(900).map((number) => pin(number)));
    const ids = idsOf(range(5));
    await poll(ids);
    service.calls();
    await poll(ids);
    expect(service.lists.map((request) => request.cids.length)).toEqual([5]);
  });

  it('asks by CIDs where the service pays no heed to the status and has many pins', async () => {
    const { service, poll } = fake;
    service.ignoresStatus = true;
    service.put(
      ...range(4000, 1000).map((number) => pin(number, { status: 'PINNED' })),
      ...range(30).map((number) => pin(number)),
    );
    const ids = idsOf(range(30));
    await poll(ids);
    service.calls();
    await poll(ids);
    expect(service.calls()).toEqual({ lists: 3, gets: 0 });
  });

  it('pays for pins that no listing shows only by id, and listings only while they save calls', async () => {
    const { service, poll } = fake;
    service.order = (rows) => rows.filter((one) => one.requestId === 'nobody');
    service.put(...range(30).map((number) => pin(number)));
    const ids = idsOf(range(30));
    const all = [];
    for (let round = 0; round < 4; round += 1) {
      const readings = await poll(ids);
      expect([...readings.values()].map(statusOf)).toEqual(ids.map(() => 'QUEUED'));
      all.push(service.calls());
    }
    expect(all).toEqual([
      { lists: 1, gets: 30 },
      { lists: 3, gets: 30 },
      { lists: 0, gets: 30 },
      { lists: 0, gets: 30 },
    ]);
  });

  it('never takes absence from a listing for the end: a failing read by id stays a failure', async () => {
    const { service, poll } = fake;
    service.put(...range(5).map((number) => pin(number)));
    await poll(idsOf(range(5)));
    service.put(pin(3, { status: 'PINNED' }));
    service.onGet = () => {
      throw upstreamError('bad_response');
    };
    expect(statusOf((await poll(idsOf(range(5)))).get('r3'))).toBe('error');
  });

  it('is told no end by a listing of what is in progress: the pin itself has to say so', async () => {
    const { service, poll } = fake;
    service.put(...range(6).map((number) => pin(number, { status: 'PINNING' })));
    const ids = idsOf(range(6));
    await poll(ids);
    service.calls();
    // It shows rows that it was not asked for, and of two of them what they are not.
    service.ignoresStatus = true;
    service.onRow = (listed) => (['r2', 'r3'].includes(listed.requestId) ? { ...listed, status: 'PINNED' } : listed);
    service.put(pin(3, { status: 'FAILED' }));
    const readings = await poll(ids);
    expect(service.lists[0]).toMatchObject({ status: ['QUEUED', 'PINNING'] });
    expect(service.gets).toEqual(['r2', 'r3']);
    expect(['r1', 'r2', 'r3'].map((id) => statusOf(readings.get(id)))).toEqual(['PINNING', 'PINNING', 'FAILED']);
    // What it tells of the first is no longer asked for.
    service.calls();
    expect(statusOf((await poll(ids)).get('r2'))).toBe('PINNING');
    expect(service.gets).toContain('r2');
  });

  it('matches rows by request id alone, and reports a row that cannot be read', async () => {
    const { service, poll } = fake;
    // Ten requests for one content.
    service.put(...range(10).map((number) => pin(number, { cid: 'same' })));
    service.onRow = (listed) => (listed.requestId === 'r4' ? upstreamError('bad_response') : listed);
    const readings = await poll(idsOf(range(5)));
    expect([...readings.keys()].toSorted()).toEqual(idsOf(range(5)));
    for (const [id, reading] of readings)
      if (reading && !(reading instanceof Error)) expect(reading.requestId).toBe(id);
    expect(statusOf(readings.get('r4'))).toBe('error');
    expect(service.calls()).toEqual({ lists: 1, gets: 0 });
  });
});

describe('a listing that never changes', () => {
  const many = idsOf(range(60));
  /** From now on listings show what is there now. */
  function freeze(): void {
    const { service } = fake;
    const shown = [...service.pins.values()];
    service.order = () => [...shown];
  }
  beforeEach(() => fake.service.put(...range(60).map((number) => pin(number))));

  it('hides no end for long: the pins are asked themselves in turn, and all of them once one is elsewhere', async () => {
    const { service, poll } = fake;
    await poll(many);
    freeze();
    service.put(...range(40).map((number) => pin(number, { status: 'PINNED' })), pin(40, { status: 'PINNING' }));
    service.pins.delete('r41');
    let readings = await poll(many);
    for (let polls = 1; statusOf(readings.get('r0')) === 'QUEUED' && polls < 40; polls += 1)
      readings = await poll(many);
    const told = [...readings.values()].map(statusOf);
    expect(told.filter((status) => status === 'PINNED')).toHaveLength(40);
    expect(['r40', 'r41', 'r42'].map((id) => statusOf(readings.get(id)))).toEqual(['PINNING', 'gone', 'QUEUED']);
    // What a pin said of itself is not taken back by the listing.
    const rest = await poll(idsOf(range(20, 40)));
    expect(['r40', 'r41', 'r42'].map((id) => statusOf(rest.get(id)))).toEqual(['PINNING', 'gone', 'QUEUED']);
  });

  it('is found out though one pin alone has ended, and costs little while nothing happens', async () => {
    const { service, poll } = fake;
    for (let polls = 0; polls < 5; polls += 1) await poll(many);
    expect(service.calls().gets).toBe(0);
    // One call beside each listing.
    for (let polls = 0; polls < 60; polls += 1) await poll(many);
    expect(service.calls()).toEqual({ lists: 60, gets: 60 });
    freeze();
    service.put(pin(17, { status: 'FAILED' }));
    let polls = 0;
    while (statusOf((await poll(many)).get('r17')) === 'QUEUED') polls += 1;
    expect(polls).toBeLessThan(60);
  });

  it('costs no more than one call beside its own for each two hundred pins', async () => {
    const { service, poll } = fake;
    service.put(...range(200).map((number) => pin(number)));
    for (let polls = 0; polls < 30; polls += 1) await poll(idsOf(range(200)));
    expect(service.calls().gets).toBeLessThanOrEqual(30);
  });

  it('is believed for the moment where the pins cannot be asked', async () => {
    const { service, poll } = fake;
    service.onGet = () => {
      throw upstreamError('rate_limited');
    };
    for (let polls = 0; polls < 10; polls += 1)
      expect([...(await poll(many)).values()].map(statusOf)).toEqual(many.map(() => 'QUEUED'));
  });
});

describe('budgets and failures', () => {
  const ids = idsOf(range(5));
  beforeEach(() => fake.service.put(...range(5).map((number) => pin(number))));

  it('asks by id while listings are out of budget or paused, and lists again afterwards', async () => {
    const { service, poll } = fake;
    service.budget = { remaining: 0, resetAt: Date.now() + 60_000 };
    await poll(ids);
    expect(service.calls()).toEqual({ lists: 0, gets: 5 });
    service.budget = { remaining: 1, resetAt: Date.now() + 60_000 };
    await poll(ids);
    expect(service.calls()).toEqual({ lists: 1, gets: 0 });
    service.listPausedUntil = Date.now() + 60_000;
    await poll(ids);
    expect(service.calls()).toEqual({ lists: 0, gets: 5 });
  });

  it('asks by id when a listing is refused for its rate', async () => {
    const { service, poll } = fake;
    service.onList = () => {
      throw upstreamError('rate_limited');
    };
    expect([...(await poll(ids)).values()].map(statusOf)).toEqual(ids.map(() => 'QUEUED'));
    expect(service.calls()).toEqual({ lists: 1, gets: 5 });
  });

  it.each(['bad_response', 'rejected', 'forbidden'] as const)(
    'leaves a listing alone for a while that failed with %s',
    async (kind) => {
      const { service, poll } = fake;
      service.onList = (request) => {
        if (request.cids.length === 0) throw upstreamError(kind);
      };
      await poll(ids);
      expect(service.calls()).toEqual({ lists: 1, gets: 5 });
      await poll(ids);
      expect(service.lists.map((request) => request.cids.length)).toEqual([5]);
    },
  );

  it.each(['unavailable', 'timeout', 'circuit_open', 'unauthorized'] as const)(
    'rejects at once when a listing fails with %s',
    async (kind) => {
      const { service, poll } = fake;
      service.onList = () => {
        throw upstreamError(kind);
      };
      await expect(poll(ids)).rejects.toMatchObject({ kind });
      expect(service.calls()).toEqual({ lists: 1, gets: 0 });
    },
  );

  it('keeps what the first page brought when the second cannot be reached', async () => {
    const { service, poll } = fake;
    service.put(...range(1500, 100).map((number) => pin(number)));
    service.onList = (request) => {
      if (request.before !== null) throw upstreamError('timeout');
    };
    const readings = await poll(idsOf(range(1500, 100)));
    const statuses = [...readings.values()].map(statusOf);
    expect(statuses.filter((status) => status === 'QUEUED')).toHaveLength(1000);
    expect(statuses.filter((status) => status === 'error')).toHaveLength(500);
    expect(service.gets).toEqual([]);
  });

  it('stops asking one by one when the upstream is gone or wants no more, and begins with the others next time', async () => {
    const { service, poll } = fake;
    service.listPausedUntil = Date.now() + 60_000;
    service.put(...range(100).map((number) => pin(number)));
    const many = idsOf(range(100));
    let left = 60;
    service.onGet = () => {
      if (left-- <= 0) throw upstreamError('rate_limited');
    };
    const first = await poll(many);
    const unread = many.filter((id) => statusOf(first.get(id)) === 'error');
    expect(first.size).toBe(100);
    expect(unread).toHaveLength(40);
    expect(service.gets.length).toBeLessThanOrEqual(80);
    service.gets.length = 0;
    left = 60;
    await poll(many);
    expect(service.gets.slice(0, 20).every((id) => unread.includes(id))).toBe(true);
    service.gets.length = 0;
    service.onGet = () => {
      throw upstreamError('timeout');
    };
    const dead = await poll(many);
    expect([...dead.values()].map(statusOf)).toEqual(many.map(() => 'error'));
    expect(service.gets.length).toBeLessThanOrEqual(25);
  });

  it('asks nothing more once it is aborted', async () => {
    const { service, poll } = fake;
    service.listPausedUntil = Date.now() + 60_000;
    service.put(...range(100).map((number) => pin(number)));
    const abort = new AbortController();
    service.onGet = () => abort.abort();
    await poll(idsOf(range(100)), abort.signal);
    expect(service.gets).toHaveLength(20);
  });
});

describe('what it tells the engine', () => {
  it('is one source per service, base URL and credential', () => {
    const other = createPollSource(
      { ...stillClient, baseUrl: 'https://other.test' },
      { source: 'server', fingerprint: 'fp', fields: { token: 't' } },
      { firstIntervalMs: 1, attemptTimeoutMs: 1 },
    );
    const same = createPollSource(
      stillClient,
      { source: 'caller', fingerprint: 'fp', fields: { token: 't' } },
      { firstIntervalMs: 1, attemptTimeoutMs: 1 },
    );
    expect(same.key).toBe(fake.source.key);
    expect(other.key).not.toBe(same.key);
    expect(same.key).not.toContain('"t"');
  });

  it('sees changes of status, info and delegates, and of nothing else', () => {
    const { source } = fake;
    const before = pin(1, { info: { a: '1', b: { c: [1] } }, delegates: ['x', 'y'] });
    expect(
      source.changed(before, { ...before, name: 'n', info: { b: { c: [1] }, a: '1' }, delegates: ['y', 'x'] }),
    ).toBe(false);
    expect(source.changed(before, { ...before, status: 'PINNING' })).toBe(true);
    expect(source.changed(before, { ...before, info: { a: '1', b: { c: [2] } } })).toBe(true);
    expect(source.changed(before, { ...before, delegates: ['x'] })).toBe(true);
  });

  it('ends with pinned and failed, and gives up on refusals', () => {
    const { source } = fake;
    const all: PinStatus[] = ['QUEUED', 'PINNING', 'PINNED', 'FAILED', 'REMOVED', 'UNKNOWN'];
    expect(all.filter((status) => source.final(pin(1, { status })))).toEqual(['PINNED', 'FAILED', 'REMOVED']);
    const kinds: UpstreamErrorKind[] = [
      'unavailable',
      'timeout',
      'rate_limited',
      'unauthorized',
      'forbidden',
      'rejected',
      'insufficient_funds',
      'bad_response',
      'circuit_open',
    ];
    expect(kinds.filter((kind) => source.hopeless(upstreamError(kind)))).toEqual([
      'unauthorized',
      'forbidden',
      'rejected',
      'insufficient_funds',
    ]);
    expect(source.hopeless(new Error('bug'))).toBe(false);
  });

  it('waits for the pause of the credential, at most a minute, and not for that of the listings', () => {
    const { source, service } = fake;
    expect(source.notBefore()).toBe(0);
    service.listPausedUntil = Date.now() + 30_000;
    expect(source.notBefore()).toBe(0);
    service.pausedUntil = Date.now() + 30_000;
    expect(source.notBefore()).toBe(service.pausedUntil);
    service.pausedUntil = monotonicNow() + 3_600_000;
    expect(source.notBefore()).toBeLessThanOrEqual(monotonicNow() + 60_000);
  });

  it("gives each call its own time and the credential's fingerprint", async () => {
    const { service, poll } = fake;
    service.put(...range(3).map((number) => pin(number)));
    const before = Date.now();
    await poll(idsOf(range(3)));
    expect(service.scopes[0]).toMatchObject({ fingerprint: 'fp', credential: 'server' });
    expect(service.scopes[0]?.deadline).toBeGreaterThanOrEqual(before + 8000);
  });
});

const stillClient = {
  service: 'p',
  baseUrl: 'https://pins.test',
  getPins: () => Promise.reject(upstreamError('unavailable')),
  getPinByRequestId: () => Promise.reject(upstreamError('unavailable')),
  listBudget: () => undefined,
  pausedUntil: () => 0,
};
