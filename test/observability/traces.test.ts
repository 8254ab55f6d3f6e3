import { createRequire } from 'node:module';
import { printSchema } from 'graphql';
import { afterEach, describe, expect, it } from 'vitest';
import { formatTraceparent, parseTraceparent } from '../../src/observability/traceparent.js';
import { traceRootFields } from '../../src/observability/traced-schema.js';
import { schema } from '../../src/graph/index.js';
import { wirePin } from '../support/graph-pins.js';
import type { Settings } from '../../src/settings.js';
import { startCollector, type CollectedSpan, type Collector } from './otlp-collector.js';
import { closing, onePin, operator, startWholeApp, type WholeApp } from './observed-app.js';
import { spentOn } from '../support/spent-on.js';

const opened = closing();
afterEach(() => opened.all());

const byText = (one: unknown, other: unknown) => (String(one) < String(other) ? -1 : 1);
const CLIENT = 3;
const ERROR = 2;
/** The metrics library brings the bare API along; all that costs something is elsewhere. */
const loaded = () =>
  Object.keys(createRequire(import.meta.url).cache).filter((path) => /@opentelemetry\/(?!api\/)/.test(path));

async function startTraced(
  settings: Settings = {},
): Promise<{ app: WholeApp; collector: Collector; readonly delivered: () => Promise<readonly CollectedSpan[]> }> {
  const collector = opened.add(await startCollector());
  const app = opened.add(await startWholeApp({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...settings }));
  return {
    app,
    collector,
    delivered: async () => {
      await app.close();
      return collector.spans();
    },
  };
}

const only = (spans: readonly CollectedSpan[], name: string): CollectedSpan => {
  const [span, ...more] = spans.filter((one) => one.name === name);
  if (!span || more.length > 0)
    throw new Error(`${span ? more.length + 1 : 0} spans ${name} among ${spans.map((one) => one.name).join(', ')}`);
  return span;
};

describe('without a collector', () => {
  it("loads nothing of tracing, sends no trace header, and takes no notice of a caller's", async () => {
    const app = opened.add(await startWholeApp());
    await app.query('{ pin(requestId: "x") { status } }', undefined, {
      ...operator,
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    });
    expect(app.pinning.requests).toHaveLength(1);
    expect(app.pinning.requests[0]?.headers).not.toHaveProperty('traceparent');
    expect(loaded()).toEqual([]);
  });

  it.each([{ OTEL_SDK_DISABLED: 'true' }])('is how it is with %o too', async (settings) => {
    const collector = opened.add(await startCollector());
    const app = opened.add(await startWholeApp({ ...settings, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }));
    await app.query('{ __typename }');
    await app.close();
    expect([loaded(), collector.requests]).toEqual([[], []]);
  });
});

describe('the spans of an operation', () => {
  it('are the operation, its root fields and their upstream calls, each below the one before', async () => {
    const { app, collector, delivered } = await startTraced();
    await app.query('query Both { one: pin(requestId: "x") { status } me { uid } }', undefined, {
      ...operator,
      authorization: 'Bearer some-token',
    });
    const spans = await delivered();
    expect(loaded().length).toBeGreaterThan(0);
    expect(spans).toHaveLength(5);
    const [operation, pin, me, get, identify] = [
      'query',
      'Query.pin',
      'Query.me',
      'pinning:acme getPinByRequestId',
      'pi getMe',
    ].map((name) => only(spans, name));
    expect([operation?.parentSpanId, operation?.attributes]).toEqual([
      undefined,
      { 'graphql.operation.type': 'query', 'graphql.operation.name': 'Both' },
    ]);
    expect([pin?.parentSpanId, me?.parentSpanId]).toEqual([operation?.spanId, operation?.spanId]);
    expect([get?.parentSpanId, identify?.parentSpanId]).toEqual([pin?.spanId, me?.spanId]);
    expect(get).toMatchObject({
      kind: CLIENT,
      status: 0,
      attributes: {
        'headgate.provider': 'pinning:acme',
        'headgate.operation': 'getPinByRequestId',
        'headgate.effect': 'read',
        'headgate.attempts': 1,
        'http.response.status_code': 200,
      },
    });
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    for (const span of spans) expect(span.endMs).toBeGreaterThanOrEqual(span.startMs);
    expect(collector.resource()).toMatchObject({ 'service.name': 'headgate' });
    expect(collector.requests[0]?.path).toBe('/v1/traces');
  });

  it('hold no more than a hundred characters of the name that a caller gave an operation', async () => {
    const { app, delivered } = await startTraced();
    await app.query(`query ${'N'.repeat(300)} { __typename }`, undefined, operator);
    expect(only(await delivered(), 'query').attributes['graphql.operation.name']).toBe('N'.repeat(100));
  });

  it("hang below the caller's, and go on in the upstream's", async () => {
    const { app, delivered } = await startTraced();
    const caller = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1 };
    await app.query('{ pin(requestId: "x") { status } }', undefined, {
      ...operator,
      traceparent: formatTraceparent(caller),
    });
    const spans = await delivered();
    expect(only(spans, 'query')).toMatchObject({ traceId: caller.traceId, parentSpanId: caller.spanId });
    const call = only(spans, 'pinning:acme getPinByRequestId');
    expect(app.pinning.requests.map(({ headers }) => headers['traceparent'])).toEqual([
      `00-${caller.traceId}-${call.spanId}-01`,
    ]);
  });

  it('are not delivered when the caller does not record, and the upstream is told so', async () => {
    const { app, delivered } = await startTraced();
    await app.query('{ pin(requestId: "x") { status } }', undefined, {
      ...operator,
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`,
    });
    expect(await delivered()).toEqual([]);
    expect(app.pinning.requests[0]?.headers['traceparent']).toMatch(/^00-a{32}-[0-9a-f]{16}-00$/);
  });

  it('say what failed, by kind and code alone', async () => {
    const { app, delivered } = await startTraced();
    app.pinning.answer(() => ({ status: 403, body: { error: { reason: 'FORBIDDEN', details: 'something secret' } } }));
    await app.query('{ pin(requestId: "x") { status } }', undefined, operator);
    const spans = await delivered();
    expect(only(spans, 'query')).toMatchObject({
      status: ERROR,
      attributes: { 'headgate.codes': ['UPSTREAM_AUTH_FAILED'], 'error.type': 'UPSTREAM_AUTH_FAILED' },
    });
    expect(only(spans, 'Query.pin')).toMatchObject({ status: ERROR, attributes: { 'error.type': 'forbidden' } });
    expect(only(spans, 'pinning:acme getPinByRequestId')).toMatchObject({
      status: ERROR,
      attributes: { 'error.type': 'forbidden', 'http.response.status_code': 403 },
    });
    expect(JSON.stringify(spans)).not.toContain('secret');
  });

  it('stay apart when many run at once', async () => {
    const { app, delivered } = await startTraced();
    const names = Array.from({ length: 20 }, (_, index) => `Parallel${index}`);
    await Promise.all(
      names.map((name) => app.query(`query ${name} { pin(requestId: "${name}") { status } }`, undefined, operator)),
    );
    const spans = await delivered();
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    const calls = spans.filter(({ kind }) => kind === CLIENT);
    expect(calls).toHaveLength(20);
    const roots = calls
      .map(
        (call) => byId.get(byId.get(call.parentSpanId ?? '')?.parentSpanId ?? '')?.attributes['graphql.operation.name'],
      )
      .map(String);
    expect(roots.toSorted(byText)).toEqual(names.toSorted(byText));
    const sentFor = (name: string) =>
      String(app.pinning.requests.find(({ path }) => path === `/pins/${name}`)?.headers['traceparent']).split('-')[2] ??
      '';
    expect(calls.map(({ spanId }) => spanId).toSorted(byText)).toEqual(names.map(sentFor).toSorted(byText));
  });

  it('cover mutations and streams on both transports', async () => {
    const { app, delivered } = await startTraced();
    await app.query('mutation Gone { removePin(input: { requestId: "x" }) { __typename } }', undefined, operator);
    app.pinning.answer((request, response) =>
      request.path === '/pins' ? onePin(request, response) : { body: wirePin('x') },
    );
    await app.overWebSocket('subscription Watch { pinStatus(requestId: "x") { status } }');
    const spans = await delivered();
    expect(only(spans, 'Mutation.removePin').parentSpanId).toBe(only(spans, 'mutation').spanId);
    expect(only(spans, 'subscription').attributes).toMatchObject({
      'graphql.operation.name': 'Watch',
      'headgate.events': 1,
    });
  });
});

describe('polls', () => {
  const untilPinned = (states: readonly string[]) => {
    let reads = 0;
    return () => ({ body: wirePin('x', { status: states[Math.min(reads++, states.length - 1)] ?? '' }) });
  };

  it('are traces of their own, one for each read, with its upstream calls, which upstreams hear of', async () => {
    const { app, delivered } = await startTraced({ PIN_POLL_INTERVAL_MS: '50' });
    app.pinning.answer(untilPinned(['queued', 'pinning', 'pinned']));
    const seen = await Promise.all(
      [1, 2].map(() => app.overWebSocket('subscription { pinStatus(requestId: "x") { status } }')),
    );
    expect(seen[0]?.at(-1)).toEqual({ data: { pinStatus: { status: 'PINNED' } } });
    const spans = await delivered();
    const polls = spans.filter(({ name }) => name === 'poll pinning:acme');
    expect(polls).toHaveLength(app.pinning.requests.length);
    expect(polls.every(({ parentSpanId }) => parentSpanId === undefined)).toBe(true);
    expect(polls[0]?.attributes).toEqual({ 'headgate.watched': 1 });
    const operations = spans.filter(({ name }) => name === 'subscription');
    expect(operations).toHaveLength(2);
    expect(new Set([...polls, ...operations].map(({ traceId }) => traceId)).size).toBe(polls.length + 2);
    const calls = spans.filter(({ kind }) => kind === CLIENT);
    expect(calls.map(({ parentSpanId }) => parentSpanId).toSorted(byText)).toEqual(
      polls.map(({ spanId }) => spanId).toSorted(byText),
    );
    const sent = app.pinning.requests.map(({ headers }) => headers['traceparent']);
    expect(sent.toSorted(byText)).toEqual(
      calls.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`).toSorted(byText),
    );
  });

  it('say what failed', async () => {
    const { app, delivered } = await startTraced({ PIN_POLL_INTERVAL_MS: '50' });
    app.pinning.answer(() => ({ status: 401, body: { error: { reason: 'UNAUTHORIZED' } } }));
    await app.overWebSocket('subscription { pinStatus(requestId: "x") { status } }');
    const spans = await delivered();
    expect(only(spans, 'poll pinning:acme')).toMatchObject({ attributes: { 'headgate.watched': 1 } });
    expect(only(spans, 'pinning:acme getPinByRequestId')).toMatchObject({
      status: ERROR,
      attributes: { 'error.type': 'unauthorized' },
    });
  });

  it('leave nothing in a query that comes while they run', async () => {
    const { app, delivered } = await startTraced({ PIN_POLL_INTERVAL_MS: '50' });
    app.pinning.answer(untilPinned(['queued', 'pinning', 'pinning', 'pinned']));
    await Promise.all([
      app.overWebSocket('subscription { pinStatus(requestId: "x") { status } }'),
      app.query('{ pin(requestId: "other") { id } }', undefined, operator),
    ]);
    const spans = await delivered();
    const query = only(spans, 'query');
    expect(
      spans
        .filter(({ traceId }) => traceId === query.traceId)
        .map(({ name }) => name)
        .toSorted(byText),
    ).toEqual(['Query.pin', 'pinning:acme getPinByRequestId', 'query']);
  });

  it('send no trace header without a collector', async () => {
    const app = opened.add(await startWholeApp({ PIN_POLL_INTERVAL_MS: '50' }));
    app.pinning.answer(untilPinned(['queued', 'pinned']));
    await app.overWebSocket('subscription { pinStatus(requestId: "x") { status } }');
    expect(app.pinning.requests.length).toBeGreaterThan(1);
    for (const { headers } of app.pinning.requests) expect(headers).not.toHaveProperty('traceparent');
  });
});

describe('a collector that is of no use', () => {
  it('is said in the log, without what it said itself', async () => {
    const { app, collector } = await startTraced();
    collector.answer(() => ({ status: 400, body: 'something secret' }));
    await app.query('{ __typename }');
    await app.close();
    expect(app.logged('traces_not_delivered')).toMatchObject([{ level: 'warn', spans: 1 }]);
    expect(app.lines.join('')).not.toMatch(/secret|127\.0\.0\.1/);
  });

  it('holds nothing up when it is not there', async () => {
    const collector = await startCollector();
    await collector.close();
    const { app } = await startTraced({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces` });
    expect((await app.query('{ __typename }')).data).toEqual({ __typename: 'Query' });
    expect((await spentOn(() => app.close())).ms).toBeLessThan(3_000);
  });
});

describe('the traced schema', () => {
  it('is the same to clients', () => {
    expect(printSchema(traceRootFields(schema))).toBe(printSchema(schema));
  });
});

describe('traceparent', () => {
  const good = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

  it('is read when it is well formed, also of a later version', () => {
    const place = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, isRemote: true };
    expect(parseTraceparent(good)).toEqual(place);
    expect(parseTraceparent(`01${good.slice(2)}-more`)).toEqual(place);
    expect(parseTraceparent(good.replace(/01$/, 'fe'))).toEqual({ ...place, traceFlags: 0 });
    expect(parseTraceparent(formatTraceparent(place))).toEqual(place);
  });

  it.each([
    null,
    '',
    'x',
    good.slice(1),
    good.toUpperCase(),
    `${good}-more`,
    `ff${good.slice(2)}`,
    `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
    `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`,
  ])('is not read from %j', (header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });
});
