import { queryObjects } from 'node:v8';
import { afterEach, expect, it, vi } from 'vitest';
import { poolScript } from './support/bitminter-harness.js';
import { codesOf, everybody, startWholeGraph, type WholeGraph } from './support/all-upstreams.js';
import { cids, closeAfterEach, wirePin } from './support/graph-pins.js';

closeAfterEach();
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const HOUR_MS = 3_600_000;
const HOURS = 52;
/** Idempotency keys are remembered for a day; from then on as many go as come. */
const STEADY_FROM = 30;
/** One thing left behind per hour and kind would be more. */
const SLACK = 12;
/** Each look for objects walks the whole heap, which takes a second: once in the steady state, and twenty hours later. */
const LOOKS = [STEADY_FROM + 1, STEADY_FROM + 21];

interface Census {
  readonly entriesOfMaps: number;
  readonly entriesOfSets: number;
  readonly timers: number;
  readonly sockets: number;
}

const timer = setTimeout(() => {}, 0);

/** What the objects that are looked for inherit from during a look: each walk through the heap takes seconds, and finds one class. */
class LookedFor {}
const classes = [Map, Set, timer.constructor as new () => NodeJS.Timeout].map(({ prototype }) => ({
  prototype: prototype as object,
  parent: Object.getPrototypeOf(prototype) as object | null,
}));

/** All that this process holds in maps and sets (caches are made of maps), its timers and its sockets; what is garbage does not count. */
function takeCensus(): Census {
  const texts = summaries();
  return {
    entriesOfMaps: entriesOf(texts, 'Map'),
    entriesOfSets: entriesOf(texts, 'Set'),
    timers: texts.filter((text) => text.startsWith('Timeout {')).length,
    sockets: process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length,
  };
}

/** The summaries say `Map(3) { ... }`, and `Sizes(3) [Map] { ... }` of a class made of maps. */
function entriesOf(texts: readonly string[], collection: 'Map' | 'Set'): number {
  const counts = texts.map((text) => /^([^({]+)\((\d+)\) (?:\[(\w+)\])?/.exec(text) ?? []);
  return counts.reduce((sum, [, name, count, made = name]) => sum + (made === collection ? Number(count) : 0), 0);
}

function summaries(): readonly string[] {
  for (const { prototype } of classes) Object.setPrototypeOf(prototype, LookedFor.prototype);
  try {
    return queryObjects(LookedFor, { format: 'summary' });
  } finally {
    for (const { prototype, parent } of classes) Object.setPrototypeOf(prototype, parent);
  }
}

const add =
  'mutation add($input: AddPinInput!) { addPin(input: $input) { __typename ... on AddPinPayload { pin { requestId } } } }';
const approve = 'mutation approve($input: ApprovePaymentInput!) { approvePayment(input: $input) { __typename } }';
const watch = 'subscription watch($id: ID!) { pinStatus(requestId: $id) { status } }';
const reads = `{
  me { uid } payment(paymentId: "p1") { paymentId } issuedBadges(first: 5) { nodes { badgeId template { name } recipient { name } } }
  pins(first: 5) { nodes { requestId } } pin(requestId: "r1") { status } poolStats { activeWorkers } topMiners { rank }
}`;

/** What a service showed before an attempt under a key is kept for so many attempts, however old they are. */
const KEPT_ATTEMPTS = 1_000;

async function fillMemory(graph: WholeGraph): Promise<void> {
  for (let count = 0; count < KEPT_ATTEMPTS; count += 20) {
    await Promise.all(
      Array.from({ length: 20 }, (_none, index) =>
        graph.query(add, { input: { cid: cids.b, idempotencyKey: `before-${count + index}` } }, everybody),
      ),
    );
  }
}

/** How far the monotonic clock, which goes on by itself, is ahead of this process. */
let ahead = 0;
function passAnHour(): void {
  ahead += HOUR_MS;
  vi.setSystemTime(Date.now() + HOUR_MS);
}

/** What callers do in an hour: reads, changes under new keys and once more under the same, streams that end and streams that are left. */
async function passHour(graph: WholeGraph, hour: number): Promise<void> {
  const answers = [
    await graph.query(reads, {}, everybody),
    await graph.query('{ pin(requestId: "r2") { status } }', {}, { 'x-pinning-token': `token-${hour % 3}` }),
  ];
  for (const name of ['a', 'b', 'c']) {
    const input = { cid: cids.b, name, idempotencyKey: `${name}-${hour}` };
    for (let time = 0; time < 2; time += 1) answers.push(await graph.query(add, { input }, everybody));
    answers.push(await graph.query(approve, { input: { paymentId: `p-${name}-${hour}` } }, everybody));
  }
  expect(answers.flatMap(({ errors }) => errors ?? [])).toEqual([]);
  await graph.query('{ me { uid } }', {}, { authorization: 'Bearer nobodys-token' });
  for await (const event of graph.subscribe(watch, { id: `ends-${hour}` }, everybody))
    expect(event.errors).toBeUndefined();
  const leave = new AbortController();
  const stream = graph.subscribe(watch, { id: `stays-${hour}` }, everybody, leave.signal);
  await stream.next();
  leave.abort();
  await stream.next().catch(() => undefined);
}

/** The pool refuses a credential for a while, and fails until its circuit opens; the first call after that finds it well again. */
async function failForOnce(graph: WholeGraph): Promise<void> {
  graph.answer('bitminter', () => ({ status: 429, headers: { 'retry-after': '30' }, body: '' }));
  expect(codesOf(await graph.query('{ miner { name } }', {}, { 'x-bitminter-key': 'key-of-a-caller' }))).toEqual([
    'miner: RATE_LIMITED',
  ]);
  graph.answer('bitminter', () => ({ status: 503, body: '' }));
  for (let time = 0; time < 4; time += 1) await graph.query('{ topMiners { rank } }', {}, everybody);
  expect(codesOf(await graph.query('{ topMiners { rank } }', {}, everybody))).toEqual(['topMiners: CIRCUIT_OPEN']);
  graph.answer('bitminter', poolScript());
  passAnHour();
  expect(codesOf(await graph.query('{ topMiners { rank } }', {}, everybody))).toEqual([]);
}

it('holds no more after two days than after one', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-03-02T10:00:00Z') });
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + ahead);
  const graph = await startWholeGraph({ BREAKER_MIN_REQUESTS: '3', READBACK_DELAY_MS: '0' });
  let pins = 0;
  graph.answer('pinning:acme', ({ method, path, body, query }) => {
    if (method === 'POST')
      return {
        status: 202,
        body: wirePin(`new-${(pins += 1)}`, { status: 'queued', pin: JSON.parse(body) as object }),
      };
    if (path === '/pins') return { body: { count: 1, results: query.has('name') ? [] : [wirePin('r1')] } };
    const id = decodeURIComponent(path.slice('/pins/'.length));
    return { body: wirePin(id, { status: id.startsWith('stays') ? 'pinning' : 'pinned' }) };
  });
  await fillMemory(graph);
  // What looks for objects makes some of its own at the first look.
  takeCensus();
  const censuses: Census[] = [];
  for (let hour = 1; hour <= HOURS; hour += 1) {
    await passHour(graph, hour);
    if (hour % 20 === 0) await failForOnce(graph);
    graph.reset();
    passAnHour();
    if (LOOKS.includes(hour)) censuses.push(takeCensus());
  }
  expect(censuses).toHaveLength(LOOKS.length);
  for (const what of ['entriesOfMaps', 'entriesOfSets', 'timers', 'sockets'] as const) {
    const counts = censuses.map((census) => census[what]);
    expect(Math.max(...counts) - (counts[0] ?? 0), `${what}: ${counts.join(' ')}`).toBeLessThan(SLACK);
  }
}, 120_000);
