import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { operatorHeaders } from '../support/create-test-app.js';
import { closeAfterEach, codesIn, createGate, wirePin } from '../support/graph-pins.js';
import { until } from '../support/until.js';
import { ANN } from '../support/graph-payments.js';
import { startWorld, type World } from './support.js';
import { spentOn } from '../support/spent-on.js';

closeAfterEach();

const SLEEP_MS = 300;
/** They come while an open circuit sleeps three times. */
const CALLERS = 45;
let world: World;

async function start(settings: Record<string, string> = {}): Promise<void> {
  world = await startWorld({
    BREAKER_MIN_REQUESTS: '20',
    BREAKER_SLEEP_MS: String(SLEEP_MS),
    BREAKER_WINDOW_MS: '10000',
    ME_CACHE_TTL_MS: '0',
    ...settings,
  });
  world.other.answer((request) => ({ body: wirePin(request.path.slice('/pins/'.length)) }));
  world.pi.put('p1', { user_uid: ANN });
}
// The clock of the circuit stands, so that it sleeps as long as a test wants, however slow the machine is.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  return start();
});
afterEach(() => void vi.useRealTimers());

type Answer = { readonly dark: object | null; readonly other: object | null; readonly payment: object | null };

/** One request that needs the dark provider and two that are well. */
async function ask(index: number): Promise<{
  readonly code: unknown;
  readonly well: boolean;
  readonly ms: number;
  readonly wholeMs: number;
}> {
  const query =
    `{ dark: pin(requestId: "d${index}") { id } other: pin(requestId: "o${index}", service: "other") { ` +
    'requestId } payment(paymentId: "p1") { state } }';
  const { value, ms, wholeMs } = await spentOn(() => world.ask<Answer>(query, {}, operatorHeaders));
  const { data, errors } = value;
  const others = (errors ?? []).filter(({ path }) => path?.[0] !== 'dark');
  return {
    code: errors?.find(({ path }) => path?.[0] === 'dark')?.extensions['code'],
    well: others.length === 0 && data?.other !== null && data?.payment !== null,
    ms,
    wholeMs,
  };
}

describe('one provider that is down', () => {
  it.each([
    [
      'closes its sockets',
      () =>
        world.acme.answer((_request, response) => {
          response.destroy();
          return undefined;
        }),
    ],
    [
      'answers 503',
      () => world.acme.answer(() => ({ status: 503, body: '<h1>busy</h1>', headers: { 'content-type': 'text/html' } })),
    ],
    [
      'answers html with 200',
      () => world.acme.answer(() => ({ body: '<h1>for sale</h1>', headers: { 'content-type': 'text/html' } })),
    ],
    ['answers 500 to every id', () => world.acme.answer(() => ({ status: 500, body: {} }))],
  ])('costs the others nothing when it %s, and fails at once when the circuit is open', async (_name, darken) => {
    darken();
    for (let index = 0; index < 20 && world.acme.requests.length < 20; index += 1) await ask(index);
    const opened = await ask(100);
    expect(opened.code).toBe('CIRCUIT_OPEN');
    const reached = world.acme.requests.length;
    expect(reached).toBeLessThanOrEqual(20);
    const answers = [];
    for (let index = 0; index < CALLERS; index += 1) {
      answers.push(await ask(200 + index));
      vi.advanceTimersByTime((SLEEP_MS * 3) / CALLERS);
    }
    expect(answers.every(({ well }) => well)).toBe(true);
    const fast = answers
      .filter(({ code }) => code === 'CIRCUIT_OPEN')
      .map(({ ms }) => ms)
      .sort((a, b) => a - b);
    console.info(
      `open: ${fast.length} answers, median ${fast[Math.floor(fast.length / 2)]?.toFixed(1)} ms, p99 ` +
        `${fast[Math.floor(fast.length * 0.99)]?.toFixed(1)} ms; ${reached} calls before, ` +
        `${world.acme.requests.length - reached} in ${SLEEP_MS * 3} ms after`,
    );
    expect(fast[Math.floor(fast.length / 2)]).toBeLessThan(50);
    // One probe for each time it woke, which may repeat once by itself.
    expect(world.acme.requests.length - reached).toBeLessThanOrEqual(4);
  });

  it('is taken back with the first probe that succeeds', async () => {
    world.acme.answer(() => ({ status: 503 }));
    for (let index = 0; index < 20 && world.acme.requests.length < 20; index += 1) await ask(index);
    expect((await ask(99)).code).toBe('CIRCUIT_OPEN');
    world.acme.answer((request) => ({ body: wirePin(request.path.slice('/pins/'.length)) }));
    vi.advanceTimersByTime(SLEEP_MS + 1);
    expect((await ask(100)).code).toBeUndefined();
    expect((await ask(101)).code).toBeUndefined();
  });

  it("is not shut off by refusals that are the caller's own", async () => {
    for (const status of [401, 403, 404, 400, 409]) {
      world.acme.answer(() => ({ status, body: { error: { reason: 'NO' } } }));
      for (let index = 0; index < 15; index += 1) await ask(index);
    }
    world.acme.answer((request) => ({ body: wirePin(request.path.slice('/pins/'.length)) }));
    expect((await ask(99)).code).toBeUndefined();
  });

  it('is not shut off by one odd id that it answers with 500', async () => {
    world.acme.answer((request) =>
      request.path === '/pins/odd' ? { status: 500 } : { body: wirePin(request.path.slice('/pins/'.length)) },
    );
    for (let index = 0; index < 40; index += 1)
      await world.ask('{ pin(requestId: "odd") { id } }', {}, operatorHeaders);
    expect((await ask(1)).code).toBeUndefined();
  });

  it('loses only its own fields when it is silent, and within the time of the operation', async () => {
    await start({ UPSTREAM_TIMEOUT_MS: '5000', OPERATION_TIMEOUT_MS: '400' });
    world.acme.answer(() => undefined);
    const asked = [await ask(1), await ask(2), await ask(3)];
    for (const { code, well } of asked) expect([code, well]).toEqual(['UPSTREAM_TIMEOUT', true]);
    expect(Math.min(...asked.map(({ wholeMs }) => wholeMs))).toBeGreaterThan(350);
    expect(Math.min(...asked.map(({ ms }) => ms))).toBeLessThan(900);
  });
});

describe('the bulkhead', () => {
  it('sends away what would wait too long, and leaves other providers alone', async () => {
    await start({ UPSTREAM_CONCURRENCY: '5', BREAKER_MIN_REQUESTS: '100000', UPSTREAM_TIMEOUT_MS: '3000' });
    const gate = createGate();
    world.acme.answer(async (request) => {
      await gate.opened;
      return { body: wirePin(request.path.slice('/pins/'.length)) };
    });
    const full = Array.from({ length: 5 }, (_, index) => ask(index));
    await until(() => world.acme.requests.length === 5);
    const sent = await Promise.all(Array.from({ length: 20 }, (_, index) => ask(100 + index)));
    expect(new Set(sent.map(({ code }) => code))).toEqual(new Set(['OVERLOADED']));
    expect(sent.every(({ well, ms }) => well && ms < 1_000)).toBe(true);
    gate.open();
    expect((await Promise.all(full)).map(({ code, well }) => [code, well])).toEqual(full.map(() => [undefined, true]));
  });
});

describe('the retry budget', () => {
  it('keeps attempts within a tenth above the requests once there are a hundred', async () => {
    await start({ BREAKER_MIN_REQUESTS: '1000000', UPSTREAM_CONCURRENCY: '1000' });
    world.acme.answer(() => ({ status: 503 }));
    for (let round = 0; round < 6; round += 1)
      await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          world.ask(`{ pin(requestId: "r${round}-${index}") { id } }`, {}, operatorHeaders),
        ),
      );
    const ratio = world.acme.requests.length / 600;
    console.info(`retry budget: ${world.acme.requests.length} attempts for 600 requests (${ratio.toFixed(3)})`);
    expect(world.acme.requests.length - 600).toBeLessThanOrEqual(60);
    world.acme.requests.length = 0;
    await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        world.ask(`{ pin(requestId: "later-${index}") { id } }`, {}, operatorHeaders),
      ),
    );
    expect(world.acme.requests.length).toBeLessThanOrEqual(110);
  });

  it('never makes more than three attempts of one read', async () => {
    world.acme.answer(() => ({ status: 502 }));
    expect(codesIn(await world.ask('{ pin(requestId: "a") { id } }', {}, operatorHeaders))).toEqual([
      'UPSTREAM_UNAVAILABLE',
    ]);
    expect(world.acme.requests.length).toBeLessThanOrEqual(3);
  });
});

describe('idle connections', () => {
  it('cost the others nothing, two thousand of them', async () => {
    const idle = await Promise.all(
      Array.from(
        { length: 2_000 },
        () =>
          new Promise<Socket>((resolve, reject) => {
            const socket = connect(world.port, '127.0.0.1', () => resolve(socket));
            socket.on('error', reject);
          }),
      ),
    );
    const times = [];
    for (let index = 0; index < 50; index += 1) times.push((await ask(index)).ms);
    times.sort((a, b) => a - b);
    console.info(
      `with 2,000 idle connections: median ${times[25]?.toFixed(1)} ms, slowest ${times.at(-1)?.toFixed(1)} ms`,
    );
    expect(times[25]).toBeLessThan(100);
    for (const socket of idle) socket.destroy();
  });
});
