import { createServer, type RequestListener, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/log.js';
import { createPolling } from '../../src/polling/engine.js';
import type { PinEdge, PinSlice } from '../../src/providers/pinning/model.js';
import { parsePinQuery, type LoosePinQuery } from '../../src/providers/pinning/validate.js';
import { cidOf } from '../../src/sandbox/names.js';
import { instantFromMillis } from '../../src/values/instant.js';
import { foreignServer, foreignServers, type ForeignPin } from '../support/foreign-pinning.js';
import { attemptOf, pinningHarness, pinOf, upstreamFailure, type PinningHarness } from '../support/pinning-harness.js';

const START = 1_730_800_000_000;
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A server as the walks below see it. */
interface Walked {
  readonly harness: PinningHarness;
  readonly url: string;
  fill(count: number): void;
  setStatus(requestId: string, status: string): void;
  /** What is there, by name. */
  names(): readonly string[];
  loseNextAnswer(): void;
}

/** Three in a second, now and then three in one millisecond. */
const createdMs = (index: number): number =>
  START + Math.floor(index / 3) * 1000 + (index % 9 < 3 ? 0 : (index % 3) * 300);
const nameOf = (index: number): string => `Field-${index}.csv`;
const statusOf = (index: number): string => (['queued', 'pinned', 'failed'] as const)[index % 3] ?? 'queued';
const bodyOf = (index: number): ForeignPin['pin'] => ({
  cid: cidOf(`foreign/${index}`, index % 2 === 0 ? 'raw' : 'v1'),
  name: nameOf(index),
  meta: { app: 'farm', field: String(index % 10) },
});

async function startDouble(name: string): Promise<Walked> {
  const traits = foreignServers[name];
  if (!traits) throw new Error(`no server ${name}`);
  const server = await foreignServer(traits);
  const harness = pinningHarness(server.url, { upstreamTimeoutMs: 5_000, writeTimeoutMs: 5_000 });
  open.push(async () => {
    await harness.http.close();
    await server.close();
  });
  return {
    harness,
    url: server.url,
    fill(count) {
      for (let index = 0; index < count; index += 1) server.put(bodyOf(index), createdMs(index), statusOf(index));
    },
    setStatus(requestId, status) {
      const pin = server.pins.get(requestId);
      if (pin) pin.status = status;
    },
    names: () => [...server.pins.values()].map(({ pin }) => pin.name ?? ''),
    loseNextAnswer() {
      server.lost = 1;
    },
  };
}

interface MockState {
  pins: Map<string, object>;
  requestid: number;
}
/** Its own type declarations cannot be found from its package.json. */
const mock: { setup(options: { token: string }): Promise<RequestListener & { locals: { state: MockState } }> } =
  createRequire(import.meta.url)('mock-ipfs-pinning-service');
let mockApp: Awaited<ReturnType<typeof mock.setup>> | undefined;

async function startMock(): Promise<Walked> {
  // Each instance listens to the process for as long as it lives, so there is one.
  const app = (mockApp ??= await mock.setup({ token: 'caller-token' }));
  // Every change makes a new state of it.
  app.locals.state = { ...app.locals.state, pins: new Map(), requestid: 0 };
  let lost = 0;
  const server: Server = createServer((request, response) => {
    if (request.method !== 'GET' && lost > 0) {
      lost -= 1;
      // It believes that it answers, and the line is dead.
      response.end = () => (response.destroy(), response);
    }
    app(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const harness = pinningHarness(url, { upstreamTimeoutMs: 5_000, writeTimeoutMs: 5_000 });
  open.push(async () => {
    await harness.http.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const stored = () =>
    [...app.locals.state.pins.values()] as { requestid: string; status: string; pin: ForeignPin['pin'] }[];
  return {
    harness,
    url,
    fill(count) {
      for (let index = 0; index < count; index += 1) {
        const pin = bodyOf(index);
        app.locals.state.requestid += 1;
        app.locals.state.pins.set(pin.cid, {
          requestid: `req-${app.locals.state.requestid}`,
          status: statusOf(index),
          created: instantFromMillis(createdMs(index)).text,
          delegates: ['/ip4/203.0.113.40/tcp/4001'],
          pin,
        });
      }
    },
    setStatus(requestId, status) {
      const pin = stored().find(({ requestid }) => requestid === requestId);
      if (pin) pin.status = status;
    },
    names: () => stored().map(({ pin }) => pin.name ?? ''),
    loseNextAnswer() {
      lost = 1;
    },
  };
}

/** With what is many pins to it: the mock checks its own answers in a time that grows with the square of their length. */
const servers: [string, () => Promise<Walked>, number][] = [
  ['mock-ipfs-pinning-service', startMock, 450],
  ...Object.keys(foreignServers).map((name): [string, () => Promise<Walked>, number] => [
    name,
    () => startDouble(name),
    1350,
  ]),
];

const nameIn = ({ node }: PinEdge): string => ('cid' in node ? (node.name ?? '') : 'error');

/** Every row of a listing, page by page, newest first whichever way it goes. */
async function walk({ harness }: Walked, direction: 'first' | 'last', size: number): Promise<string[]> {
  const query = parsePinQuery({});
  const names: string[] = [];
  let edge: PinEdge | undefined;
  for (let more = true; more;) {
    const position = edge?.position ?? null;
    const slice: PinSlice =
      direction === 'first'
        ? { first: size, after: position, before: null }
        : { last: size, after: null, before: position };
    const page = await harness.session().page(query, slice);
    if (direction === 'first') names.push(...page.edges.map(nameIn));
    else names.unshift(...page.edges.map(nameIn));
    more = direction === 'first' ? page.hasNextPage : page.hasPreviousPage;
    edge = direction === 'first' ? page.edges.at(-1) : page.edges[0];
  }
  return names;
}

describe.each(servers)('%s', (_name, start, many) => {
  it.each([
    [60, 7],
    [many, many / 3],
  ])('shows all of %i pins in both directions, %i at a time', async (count, size) => {
    const server = await start();
    server.fill(count);
    for (const direction of ['first', 'last'] as const) {
      const names = await walk(server, direction, size);
      expect(names).toHaveLength(count);
      expect(names.toSorted()).toEqual([...server.names()].sort());
      const seconds = names.map((name) => Math.floor(Number(/\d+/.exec(name)?.[0]) / 3));
      expect(seconds).toEqual(seconds.toSorted((a, b) => b - a));
    }
  });

  it('lists by every filter', async () => {
    const server = await start();
    server.fill(60);
    const found = async (filter: LoosePinQuery): Promise<string[]> => {
      const page = await server.harness
        .session()
        .page(parsePinQuery(filter), { first: 100, after: null, before: null });
      return page.edges.map(nameIn).toSorted();
    };
    const wanted = (fits: (index: number) => boolean): string[] =>
      Array.from({ length: 60 }, (_, index) => index)
        .filter(fits)
        .map(nameOf)
        .toSorted();
    const at = (index: number) => instantFromMillis(START + index * 1000);
    for (const [filter, fits] of [
      [{ cids: [bodyOf(7).cid, bodyOf(8).cid] }, (index: number) => index === 7 || index === 8],
      [{ cids: [cidOf('foreign/7', 'v0')] }, (index: number) => index === 7],
      [{ status: ['FAILED'] }, (index: number) => index % 3 === 2],
      [{ cids: [bodyOf(7).cid, bodyOf(8).cid], status: ['FAILED'] }, (index: number) => index === 8],
      [{ name: nameOf(5) }, (index: number) => index === 5],
      [{ name: nameOf(5).toUpperCase(), match: 'IEXACT' }, (index: number) => index === 5],
      [{ name: 'ield-1', match: 'PARTIAL' }, (index: number) => index === 1 || (index >= 10 && index < 20)],
      [{ name: 'IELD-1', match: 'IPARTIAL' }, (index: number) => index === 1 || (index >= 10 && index < 20)],
      [{ name: 'IELD-1', match: 'PARTIAL' }, () => false],
      [{ meta: { field: '3' } }, (index: number) => index % 10 === 3],
      [{ meta: { field: '3', app: 'shop' } }, () => false],
      [{ createdAfter: at(9) }, (index: number) => index >= 30],
      [{ createdBefore: at(9) }, (index: number) => index < 27],
      [{ status: ['PINNED'], meta: { field: '4' } }, (index: number) => index % 3 === 1 && index % 10 === 4],
    ] satisfies [LoosePinQuery, (index: number) => boolean][]) {
      const rows = await found(filter);
      // Where times are whole seconds, the very second of a bound may lie on either side of it.
      const slack = filter.createdAfter || filter.createdBefore ? [27, 28, 29].map(nameOf) : [];
      const without = (names: readonly string[]) => names.filter((name) => !slack.includes(name));
      expect(without(rows), JSON.stringify(filter)).toEqual(without(wanted(fits)));
    }
  });

  it('adds, replaces, removes, and says what there is not', async () => {
    const server = await start();
    const { pin } = await server.harness.session().add(pinOf(bodyOf(1).cid, { name: 'pinned-one' }), attemptOf());
    const replaced = await server.harness
      .session()
      .replace(pin.requestId, pinOf(bodyOf(2).cid, { name: 'pinned-two' }), attemptOf({ keyed: true }));
    expect(replaced).toMatchObject({ cid: bodyOf(2).cid, name: 'pinned-two' });
    expect(server.names()).toEqual(['pinned-two']);
    if (replaced.requestId !== pin.requestId) expect(await server.harness.session().pin(pin.requestId)).toBeNull();
    await server.harness.session().remove(replaced.requestId);
    expect(server.names()).toEqual([]);
    expect((await upstreamFailure(server.harness.session().remove(replaced.requestId))).kind).toBe('not_found');
    const again = server.harness.session().replace(replaced.requestId, pinOf(bodyOf(3).cid), attemptOf());
    expect((await upstreamFailure(again)).kind).toBe('not_found');
    expect(server.names()).toEqual([]);
  });

  it('has no pin under an id that is gone, whatever it confirms', async () => {
    const server = await start();
    const { pin } = await server.harness.session().add(pinOf(bodyOf(1).cid, { name: 'pinned-one' }), attemptOf());
    await server.harness.session().remove(pin.requestId);
    expect(await server.harness.session().pin(pin.requestId)).toBeNull();
    const replacing = server.harness.session().replace(pin.requestId, pinOf(bodyOf(3).cid), attemptOf());
    expect((await upstreamFailure(replacing)).kind).toBe('not_found');
    expect(server.names()).toEqual([]);
    expect((await upstreamFailure(server.harness.session().remove(pin.requestId))).kind).toBe('not_found');
  });

  it('has no pin under an id that it never had, whatever it confirms', async () => {
    const server = await start();
    const never = bodyOf(6).cid;
    expect((await upstreamFailure(server.harness.session().remove(never))).kind).toBe('not_found');
    const replacing = server.harness.session().replace(never, pinOf(bodyOf(3).cid), attemptOf());
    expect((await upstreamFailure(replacing)).kind).toBe('not_found');
    expect(server.names()).toEqual([]);
  });

  it('does once what it was asked once, though the answer is lost', async () => {
    const server = await start();
    const adding = attemptOf({ keyed: true });
    const input = pinOf(bodyOf(1).cid, { name: 'pinned-one', meta: { app: 'farm' } });
    server.loseNextAnswer();
    const { pin } = await server.harness.session().add(input, adding);
    expect((await server.harness.session().add(input, adding)).pin.requestId).toBe(pin.requestId);
    expect([server.names(), adding.sendings]).toEqual([['pinned-one'], 1]);
    server.loseNextAnswer();
    const next = pinOf(bodyOf(2).cid, { name: 'pinned-two' });
    const replaced = await server.harness.session().replace(pin.requestId, next, attemptOf({ keyed: true }));
    expect([replaced.name, server.names()]).toEqual(['pinned-two', ['pinned-two']]);
    server.loseNextAnswer();
    await server.harness.session().remove(replaced.requestId);
    expect(server.names()).toEqual([]);
  });

  it('is watched from the queue until pins are kept, or gone', async () => {
    const server = await start();
    const polling = createPolling({ log: silentLogger, goneAfterMs: 100 });
    open.push(() => polling.close());
    const add = async (index: number) =>
      (await server.harness.session().add(pinOf(bodyOf(index).cid, { name: 'queued-film' }), attemptOf())).pin
        .requestId;
    const [kept, gone] = [await add(1), await add(2)];
    const source = server.harness.session().pollSource();
    const seen: string[] = [];
    for await (const event of polling.watch(source, [kept, gone])) {
      seen.push(`${event.id === kept ? 'kept' : 'gone'} ${event.type === 'value' ? event.value.status : event.type}`);
      if (seen.length !== 2) continue;
      server.setStatus(kept, 'pinned');
      await server.harness.session().remove(gone);
      polling.nudge(source, [gone]);
    }
    expect(seen.toSorted()).toEqual(['gone QUEUED', 'gone removed', 'kept PINNED', 'kept QUEUED']);
  });
});
