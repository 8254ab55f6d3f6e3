import { connect } from 'node:net';
import { createClient } from 'graphql-sse';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { canary, createStandIn, post, readAnswer, type StandIn } from './stand-in.js';
import { until } from '../support/until.js';
import { spentOn } from '../support/spent-on.js';

const events = { accept: 'text/event-stream', 'content-type': 'application/json' };

function subscribe(app: StandIn, query: string, signal?: AbortSignal): Promise<Response> {
  const request = new Request('http://headgate/graphql', {
    method: 'POST',
    headers: events,
    body: JSON.stringify({ query }),
    ...(signal ? { signal } : {}),
  });
  return app.fetch(request);
}

describe('server-sent events', () => {
  const app = createStandIn({ timings: { ssePingMs: 20, drainMs: 2_000 } });
  let url = '';
  beforeAll(async () => void ({ url } = await app.listen('127.0.0.1', 0)));
  afterAll(() => app.close());

  it('streams by POST and completes', async () => {
    const text = await (await subscribe(app, 'subscription { count(to: 2) }')).text();
    expect(text.replaceAll(/^:\n\n/gm, '')).toBe(
      'event: next\ndata: {"data":{"count":1}}\n\nevent: next\ndata: {"data":{"count":2}}\n\nevent: complete\ndata:\n\n',
    );
  });

  it('streams by GET, as EventSource asks', async () => {
    const response = await fetch(`${url}/graphql?query=${encodeURIComponent('subscription { count(to: 1) }')}`, {
      headers: { accept: 'text/event-stream' },
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(await response.text()).toContain('"count":1');
  });

  it('is understood by a graphql-sse client', async () => {
    const client = createClient({ url: `${url}/graphql`, retryAttempts: 0 });
    const seen = [];
    for await (const event of client.iterate({ query: 'subscription { count }' })) seen.push(event.data?.['count']);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('pings while nothing happens', async () => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: events,
      body: JSON.stringify({ query: 'subscription { forever }' }),
    });
    const reader = response.body?.getReader();
    let pings = 0;
    while (pings < 4) {
      const chunk = await reader?.read();
      pings +=
        Buffer.from(chunk?.value ?? [])
          .toString()
          .split(':\n\n').length - 1;
    }
    await reader?.cancel();
  });

  it('masks and codes an error in the middle, and one at the start', async () => {
    const text = await (await subscribe(app, 'subscription { broken }')).text();
    expect(text).toContain('"broken":1');
    expect(text).toContain('"code":"INTERNAL_SERVER_ERROR"');
    expect(text).toContain('"requestId"');
    expect(text).not.toContain(canary);
    expect(text).toContain('event: complete');
    const refused = await subscribe(app, 'subscription { refused }');
    expect(refused.status).toBe(200);
    expect(await refused.text()).toContain('"code":"UNAUTHENTICATED"');
  });

  it('answers a document that does not validate as an event with a code', async () => {
    const response = await subscribe(app, 'subscription { nothing }');
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('"code":"GRAPHQL_VALIDATION_FAILED"');
  });

  it('refuses a stream to those who accept JSON alone', async () => {
    const answer = await post(app, 'subscription { count }');
    expect([answer.status, answer.errors[0]?.extensions['code']]).toEqual([406, 'BAD_USER_INPUT']);
  });

  it('returns the source and aborts its signal as soon as the caller leaves', async () => {
    const leave = new AbortController();
    const before = app.events.returned.length;
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: events,
      body: JSON.stringify({ query: 'subscription { forever }' }),
      signal: leave.signal,
    });
    expect(response.status).toBe(200);
    leave.abort();
    const returned = () => app.events.returned.length > before && app.events.aborted.includes('forever');
    expect((await spentOn(() => until(returned))).ms).toBeLessThan(500);
  });

  it.each(['GET', 'POST'])('notices that the caller left while the source waits, by %s', async (method) => {
    const leave = new AbortController();
    const before = app.events.returned.length;
    const query = 'subscription { forever }';
    const target = method === 'GET' ? `${url}/graphql?query=${encodeURIComponent(query)}` : `${url}/graphql`;
    const response = await fetch(target, {
      method,
      headers: events,
      signal: leave.signal,
      ...(method === 'POST' ? { body: JSON.stringify({ query }) } : {}),
    });
    const reader = response.body?.getReader();
    for (let text = ''; !text.includes('hello');) text += Buffer.from((await reader?.read())?.value ?? []).toString();
    leave.abort();
    expect((await spentOn(() => until(() => app.events.returned.length === before + 1))).ms).toBeLessThan(500);
  });

  it('aborts a read whose caller left', async () => {
    const leave = new AbortController();
    const answer = fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ wait }"}',
      signal: leave.signal,
    });
    await until(() => app.events.waiting === 1);
    leave.abort();
    await expect(answer).rejects.toThrow();
    await until(() => app.events.aborted.includes('wait'));
    app.events.release();
  });
});

describe('a fresh context for each event', () => {
  it('is made when the options say how', async () => {
    let made = 0;
    const app = createStandIn({ contextPerEvent: (context) => ({ ...context, number: (made += 1) }) });
    const text = await (await subscribe(app, 'subscription { count(to: 3) }')).text();
    expect(text.match(/"count"/g)).toHaveLength(3);
    expect(made).toBe(3);
    expect(await (await subscribe(app, 'subscription { broken }')).text()).not.toContain(canary);
    expect(await (await subscribe(app, 'subscription { refused }')).text()).toContain('UNAUTHENTICATED');
  });
});

describe('the end', () => {
  const apps: StandIn[] = [];
  afterEach(async () => {
    for (const app of apps.splice(0)) {
      app.events.release();
      await app.close();
    }
  });
  async function running(drainMs = 2_000) {
    const app = createStandIn({ timings: { drainMs } });
    apps.push(app);
    const { url, port } = await app.listen('127.0.0.1', 0);
    return { app, url, port };
  }
  const ask = (url: string, query: string) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    }).then(readAnswer);

  it('lets running operations finish and refuses new ones', async () => {
    const { app, url } = await running();
    const slow = ask(url, 'mutation { slow }');
    await until(() => app.events.waiting === 1);
    const closing = app.close();
    const refused = await post(app, '{ hello }');
    expect([refused.status, refused.errors[0]?.extensions]).toMatchObject([
      503,
      { code: 'OVERLOADED', retryable: true },
    ]);
    expect((await app.fetch(new Request('http://headgate/health/ready'))).status).toBe(503);
    expect((await app.fetch(new Request('http://headgate/health/live'))).status).toBe(200);
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
    app.events.release();
    const answer = await slow;
    expect([answer.data, answer.headers.get('connection')]).toEqual([{ slow: 'done' }, 'close']);
    await closing;
  });

  it('answers a request that was on its way to an idle connection, while new connections are refused', async () => {
    const { app, url, port } = await running();
    const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    const heard = sockets.map((socket) => {
      const one = { text: '', closed: false };
      socket
        .on('data', (chunk: Buffer) => void (one.text += chunk.toString()))
        .on('close', () => void (one.closed = true));
      return one;
    });
    const live = 'GET /health/live HTTP/1.1\r\nhost: headgate\r\n\r\n';
    for (const socket of sockets) socket.write(live);
    await until(() => heard.every(({ text }) => text.includes('"ok"')));
    const closing = app.close(300);
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
    const body = '{"query":"{ hello }"}';
    sockets[0]?.write(
      `POST /graphql HTTP/1.1\r\nhost: headgate\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await until(() => heard[0]?.closed === true);
    expect(heard[0]?.text).toMatch(/HTTP\/1\.1 503[^]*connection: close[^]*OVERLOADED/i);
    expect(heard[1]?.closed).toBe(false);
    await closing;
    await until(() => heard[1]?.closed === true);
  });

  it('ends event streams without a complete frame', async () => {
    const { app, url } = await running();
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: events,
      body: JSON.stringify({ query: 'subscription { forever }' }),
    });
    const reader = response.body?.getReader();
    let text = '';
    while (!text.includes('hello')) text += Buffer.from((await reader?.read())?.value ?? []).toString();
    const closing = app.close();
    await expect(
      (async () => {
        for (;;) {
          const chunk = await reader?.read();
          if (chunk?.done !== false) return;
          text += Buffer.from(chunk.value).toString();
        }
      })(),
    ).rejects.toThrow();
    expect(text).not.toContain('complete');
    expect(app.events.returned).toEqual(['forever']);
    await closing;
  });

  it('cuts what does not finish in time', async () => {
    const { app, url } = await running(100);
    const stuck = ask(url, 'mutation { slow }');
    await until(() => app.events.waiting === 1);
    const failed = expect(stuck).rejects.toThrow();
    await app.close();
    await failed;
  });

  it('is not held up by idle connections', async () => {
    const { app, port } = await running(10_000);
    const sockets = Array.from({ length: 20 }, () => connect(port, '127.0.0.1'));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    for (const socket of sockets) socket.on('error', () => {});
    expect((await spentOn(() => app.close())).ms).toBeLessThan(2_000);
  });
});
