import { afterEach, describe, expect, it } from 'vitest';
import { wirePin } from '../support/graph-pins.js';
import { startCollector } from './otlp-collector.js';
import { closing, operator, startWholeApp, type WholeApp } from './observed-app.js';

const opened = closing();
afterEach(() => opened.all());

const start = async (...args: Parameters<typeof startWholeApp>) => opened.add(await startWholeApp(...args));
const asking = { ...operator, 'x-headgate-trace': '1' };
const pin = '{ pin(requestId: "x") { status } }';

/** What one answer says of its upstream calls. */
async function shownBy(app: WholeApp, query: string, headers: Record<string, string>): Promise<unknown> {
  const answer: object = await app.query(query, undefined, headers);
  return 'extensions' in answer ? answer.extensions : undefined;
}

describe('upstream calls in answers', () => {
  it('are shown to developers who ask, with time and status', async () => {
    const app = await start();
    expect(
      await shownBy(app, '{ pin(requestId: "x") { status } me { uid } }', {
        ...asking,
        authorization: 'Bearer some-token',
      }),
    ).toEqual({
      upstream: expect.arrayContaining([
        { provider: 'pinning:acme', operation: 'getPinByRequestId', ms: expect.any(Number), status: 200 },
        { provider: 'pi', operation: 'getMe', ms: expect.any(Number), status: 200 },
      ]),
    });
  });

  it('are shown for failed calls too, and for operations that made none', async () => {
    const app = await start({}, { pinning: (_request, response) => void response.destroy() });
    expect(await shownBy(app, pin, asking)).toEqual({
      upstream: [{ provider: 'pinning:acme', operation: 'getPinByRequestId', ms: expect.any(Number), status: null }],
    });
    expect(await shownBy(app, '{ __typename }', asking)).toEqual({ upstream: [] });
  });

  it('are shown by streams and over graphql-ws', async () => {
    const app = await start({}, { pinning: () => ({ body: wirePin('x') }) });
    expect(await app.overWebSocket(pin, undefined, asking)).toMatchObject([
      { extensions: { upstream: [{ operation: 'getPinByRequestId', status: 200 }] } },
    ]);
    const events = app.subscribe('subscription { pinStatus(requestId: "x") { status } }', undefined, asking);
    // Polls serve many subscribers, so they are nobody's own calls.
    for await (const event of events) expect(event).toMatchObject({ extensions: { upstream: [] } });
  });

  it('are shown next to traces', async () => {
    const collector = opened.add(await startCollector());
    const app = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    expect(await shownBy(app, pin, asking)).toMatchObject({ upstream: [{ operation: 'getPinByRequestId' }] });
    await app.close();
    expect(collector.spans().map(({ name }) => name)).toContain('pinning:acme getPinByRequestId');
  });

  it('are not shown to those who do not ask, and never in production', async () => {
    expect(await shownBy(await start(), pin, operator)).toBeUndefined();
    expect(await shownBy(await start({ NODE_ENV: 'production' }), pin, asking)).toBeUndefined();
  });
});

describe('/health/ready', () => {
  const read = async (app: WholeApp, headers: Record<string, string> = {}) => {
    const answer = await app.app.fetch(new Request(`${app.url}/health/ready`, { headers }));
    return { status: answer.status, body: await answer.json() };
  };

  it('says to operators how each upstream is, and what is open', async () => {
    const app = await start({ BREAKER_MIN_REQUESTS: '2' }, { pi: () => ({ status: 503 }) });
    await app.query(pin, undefined, operator);
    for (let tries = 0; tries < 3; tries += 1)
      await app.query('{ payment(paymentId: "abc") { id } }', undefined, operator);
    const before = await read(app, operator);
    expect(before).toMatchObject({
      status: 200,
      body: {
        status: 'ready',
        streams: 0,
        polls: { watched: 0, subscribers: 0 },
        providers: expect.arrayContaining([
          {
            name: 'pinning:acme',
            enabled: true,
            credential: true,
            circuit: 'CLOSED',
            standing: 'WELL',
            lastSuccessAt: expect.stringMatching(/^\d{4}-.*Z$/),
          },
          { name: 'pi', enabled: true, credential: true, circuit: 'OPEN', standing: 'FAILING', lastSuccessAt: null },
        ]),
      },
    });
    app.pinning.answer(() => ({ body: wirePin('x', { status: 'pinning' }) }));
    const events = app.subscribe('subscription { pinStatus(requestId: "x") { status } }', undefined, operator);
    await events.next();
    expect((await read(app, operator)).body).toMatchObject({ streams: 1, polls: { watched: 1, subscribers: 1 } });
  });

  it('says no more than the status to anybody else', async () => {
    const app = await start();
    expect(await read(app)).toEqual({ status: 200, body: { status: 'ready' } });
    expect(await read(app, { 'x-gateway-key': 'not one' })).toEqual({ status: 200, body: { status: 'ready' } });
  });
});
