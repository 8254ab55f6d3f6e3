import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect, type Socket } from 'node:net';
import { createClient, type Client } from 'graphql-ws';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createOverload } from '../../src/server/overload/overload.js';
import { createGate } from '../../src/server/overload/turn-gate.js';
import { createStandIn, type StandIn } from './stand-in.js';
import { until } from '../support/until.js';

const open: { app: StandIn; sockets: Socket[] }[] = [];
afterEach(async () => {
  for (const { app, sockets } of open.splice(0)) {
    app.events.release();
    for (const socket of sockets) socket.destroy();
    await app.close();
  }
});

async function start(overrides: Parameters<typeof createStandIn>[0] = {}) {
  const app = createStandIn({ timings: { drainMs: 1_000 }, ...overrides });
  const sockets: Socket[] = [];
  open.push({ app, sockets });
  const { port, url } = await app.listen('127.0.0.1', 0);
  const post = (query: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
      body: JSON.stringify({ query }),
      ...(signal ? { signal } : {}),
    });
  /** A connection that is kept: what it heard so far. */
  const socket = () => {
    const made = connect(port, '127.0.0.1');
    sockets.push(made);
    const heard = {
      text: '',
      ended: false,
      write: (text: string) => made.write(text),
      leave: () => made.resetAndDestroy(),
    };
    made.on('data', (chunk: Buffer) => (heard.text += chunk.toString()));
    made.on('error', () => {});
    made.on('close', () => (heard.ended = true));
    return heard;
  };
  return { app, url, post, socket };
}

const message = (query: string, length?: number): string => {
  const body = JSON.stringify({ query });
  return (
    'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nx-request-id: ' +
    `mine-1\r\ncontent-length: ${length ?? body.length}\r\n\r\n${body}`
  );
};

/** An instance all of whose places are taken. */
async function startFull(overrides: Parameters<typeof createStandIn>[0] = {}) {
  const server = await start({ maxOperationsInFlight: 1, ...overrides });
  const running = server.post('{ wait }');
  await until(() => server.app.events.waiting === 1);
  return { ...server, running };
}

describe('an instance with too much to do', () => {
  it('refuses an operation with a code, says when to come again, and answers those that it took on', async () => {
    const { app, post, running } = await startFull();
    const answer = await post('{ hello }', { 'x-request-id': 'mine-7' });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({
      errors: [
        {
          message: 'This instance has too much to do; send the request again later.',
          extensions: { code: 'OVERLOADED', retryable: true, retryAfterMs: 1_000, requestId: 'mine-7' },
        },
      ],
    });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'retry-after': '1',
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-request-id': 'mine-7',
      'x-content-type-options': 'nosniff',
      vary: expect.stringContaining('authorization'),
    });
    expect(app.load()).toEqual({ inFlight: 1, waiting: 0, refused: 1 });
    app.events.release();
    expect(await (await running).json()).toEqual({ data: { wait: 'done' } });
    await until(() => app.load().inFlight === 0);
    expect((await post('{ hello }')).status).toBe(200);
  });

  it.each<[string, string, RequestInit]>([
    ['an operation by GET', '/graphql?query={hello}', { headers: { accept: 'application/json' } }],
    [
      'a subscription',
      '/graphql',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: '{"query":"subscription { forever }"}',
      },
    ],
    [
      'what it cannot even read',
      '/graphql',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' },
    ],
  ])('refuses %s', async (_name, path, init) => {
    const { url } = await startFull();
    const answer = await fetch(`${url}${path}`, init);
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('"code":"OVERLOADED"')]);
  });

  it('tells pages of listed origins too', async () => {
    const { post } = await startFull({ corsOrigins: ['https://good.test'] });
    expect((await post('{ hello }', { origin: 'https://good.test' })).headers.get('access-control-allow-origin')).toBe(
      'https://good.test',
    );
    expect(
      (await post('{ hello }', { origin: 'https://evil.test' })).headers.get('access-control-allow-origin'),
    ).toBeNull();
  });

  it('goes on to answer preflights, so that a page sees the refusal of what it asks then', async () => {
    const { app, url } = await startFull({ corsOrigins: ['https://good.test'], corsHeaders: ['x-app'] });
    const ask = (headers: Record<string, string>, path = '/graphql', init: RequestInit = {}) =>
      fetch(`${url}${path}`, { method: 'OPTIONS', headers, ...init });
    const method = { 'access-control-request-method': 'POST' };
    const good = { ...method, origin: 'https://good.test' };
    const answer = await ask(good);
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': 'https://good.test',
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': expect.stringMatching(/content-type.*x-gateway-key.*x-app/),
      'access-control-max-age': '7200',
      'x-request-id': expect.any(String),
      vary: expect.stringContaining('origin'),
    });
    expect((await ask({ ...method, origin: 'https://evil.test' })).status).toBe(403);
    expect(app.load().refused).toBe(0);
    // What is no preflight, or more than one, has no way around.
    expect((await ask({ origin: 'https://good.test' })).status).toBe(503);
    expect((await ask(method)).status).toBe(503);
    expect((await ask(good, '/graphql', { body: 'x' })).status).toBe(503);
    expect((await ask(good, '/graphql', { method: 'DELETE' })).status).toBe(503);
    expect(app.load().refused).toBe(4);
  });

  it('goes on to answer for its health and its metrics, and for nothing else', async () => {
    const { url } = await startFull({ metrics: async () => ({ type: 'text/plain', body: 'measured 1\n' }) });
    const others = ['/nowhere', '/', '/graphql', '/desk', '/health/live/', '/health/ready?x', '/metrics?x'];
    for (const path of ['/health/live', '/health/ready', '/metrics', ...others]) {
      const answer = await fetch(`${url}${path}`, { redirect: 'manual' });
      expect([path, answer.status]).toEqual([path, others.includes(path) ? 503 : 200]);
      expect(answer.headers.get('x-request-id')).toMatch(/\S/);
    }
    expect(await (await fetch(`${url}/health/live`)).text()).toBe('{"status":"ok"}');
    expect((await fetch(`${url}/health/live`, { method: 'HEAD' })).status).toBe(200);
  });

  it('shows strangers no more of its metrics than when it has little to do', async () => {
    const metrics = async () => ({ type: 'text/plain', body: 'measured 1\n' });
    const { url } = await startFull({
      metrics,
      production: true,
      mayReadMetrics: (header) => header('x-gateway-key') === 'ours',
    });
    const statusWith = async (headers: Record<string, string>) => (await fetch(`${url}/metrics`, { headers })).status;
    expect([await statusWith({}), await statusWith({ 'x-gateway-key': 'ours' })]).toEqual([503, 200]);
  });

  it('keeps the connection of a refused operation whose body is short, whole or not', async () => {
    const { app, socket } = await startFull();
    const caller = socket();
    caller.write(message('{ hello }'));
    await until(() => caller.text.includes('}}]}'));
    expect(caller.text).not.toContain('connection: close');
    const later = message('{ hello }');
    caller.write(later.slice(0, -5));
    await until(() => caller.text.split('OVERLOADED').length === 3);
    app.events.release();
    await until(() => app.load().inFlight === 0);
    caller.write(later.slice(-5) + later);
    await until(() => caller.text.includes('{"data":{"hello":"hello world"}}'));
    expect(caller.ended).toBe(false);
  });

  it('closes the connection of a refused operation whose body is long, or of unknown length', async () => {
    const { socket } = await startFull();
    for (const request of [
      message('{ hello }', 300_000),
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    ]) {
      const caller = socket();
      caller.write(request);
      await until(() => caller.ended);
      expect(caller.text).toContain('connection: close');
      expect(caller.text).toContain('"code":"OVERLOADED"');
    }
  });

  it('says so in its log, once for many', async () => {
    const warnings: unknown[] = [];
    const none = () => {};
    const { post } = await startFull({
      log: { debug: none, info: none, error: none, warn: (event, fields) => warnings.push([event, fields]) },
    });
    await Promise.all(Array.from({ length: 20 }, () => post('{ hello }')));
    await until(() => warnings.length > 0);
    expect(warnings).toEqual([['operations_refused', { refused: 20 }]]);
  });
});

describe('a WebSocket', () => {
  const clients: Client[] = [];
  afterEach(() => clients.splice(0).forEach((client) => void client.dispose()));

  function dial(url: string): Client {
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      lazy: false,
      onNonLazyError: () => {},
    });
    clients.push(client);
    return client;
  }
  const connected = (client: Client) => new Promise<void>((resolve) => void client.on('connected', () => resolve()));
  const first = async (client: Client, query: string): Promise<unknown> => {
    try {
      for await (const result of client.iterate({ query })) return result;
      return undefined;
    } catch (errors) {
      return errors;
    }
  };

  it('gets OVERLOADED for operations while there is too much to do, and serves on', async () => {
    const { app, url, post } = await start({ maxOperationsInFlight: 1 });
    const client = dial(url);
    await connected(client);
    const running = post('{ wait }');
    await until(() => app.events.waiting === 1);
    for (const query of ['{ hello }', 'subscription { forever }']) {
      expect(await first(client, query)).toEqual([
        {
          message: 'This instance has too much to do; send the request again later.',
          extensions: { code: 'OVERLOADED', retryable: true, retryAfterMs: 1_000, requestId: expect.any(String) },
        },
      ]);
    }
    expect(app.load()).toEqual({ inFlight: 1, waiting: 0, refused: 2 });
    app.events.release();
    await running;
    await until(() => app.load().inFlight === 0);
    expect(await first(client, '{ hello }')).toEqual({ data: { hello: 'hello world' } });
    expect(app.load().inFlight).toBe(0);
  });

  it('is not opened while there is too much to do', async () => {
    const { url } = await startFull();
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    socket.on('error', () => {});
    expect(
      await new Promise((resolve) =>
        socket.once('unexpected-response', (_request, response) => resolve(response.statusCode)),
      ),
    ).toBe(503);
  });

  it('takes a place for each query, none for a stream, and gives them back when it closes or an operation is wrong', async () => {
    const { app, url } = await start();
    const client = dial(url);
    await connected(client);
    const stream = client.iterate({ query: 'subscription { forever }' });
    expect(await stream.next()).toMatchObject({ value: { data: { forever: 'hello' } } });
    expect(app.load().inFlight).toBe(0);
    for (const wrong of [
      '{',
      '{ nothing }',
      'subscription { refused }',
      'subscription { broken }',
      '{ fail(how: "bug") }',
      '{ hello }',
    ])
      await first(client, wrong);
    expect(app.load().inFlight).toBe(0);
    const waits = Array.from({ length: 5 }, () => first(client, '{ wait }'));
    await until(() => app.load().inFlight === 5);
    client.terminate();
    await Promise.all(waits);
    await until(() => app.load().inFlight === 0);
  });
});

describe('a place is free again', () => {
  const free = (app: StandIn) => until(() => app.load().inFlight === 0);

  it('when the caller leaves while the operation runs', async () => {
    const { app, post } = await start();
    const controller = new AbortController();
    const gone = post('{ wait }', {}, controller.signal).catch(() => 'gone');
    await until(() => app.load().inFlight === 1);
    controller.abort();
    expect(await gone).toBe('gone');
    await free(app);
  });

  it('when the caller leaves with several requests in line', async () => {
    const { app, socket } = await start();
    const caller = socket();
    caller.write(message('{ wait }').repeat(5));
    await until(() => app.load().inFlight === 5);
    caller.leave();
    await free(app);
  });

  it('as soon as a stream has begun, which has limits of its own', async () => {
    const { app, post } = await start();
    const controller = new AbortController();
    const answer = await post('subscription { forever }', { accept: 'text/event-stream' }, controller.signal);
    expect(answer.status).toBe(200);
    await free(app);
    controller.abort();
    await until(() => app.events.returned.length === 1);
    expect(app.load()).toEqual({ inFlight: 0, waiting: 0, refused: 0 });
  });
});

describe('requests that are sent ahead', () => {
  const answers = (text: string): number => text.split('HTTP/1.1 200').length - 1;
  const idsIn = (text: string) => [...text.matchAll(/x-request-id: (\S+)/g)].map(([, id]) => id);
  const add = (index: number): string =>
    message('mutation { add(cid: "Qm1") { id } }').replace('mine-1', `number-${index}`);

  it('are answered in order, as many as a hasty client may send', async () => {
    const { socket } = await start();
    const caller = socket();
    caller.write(Array.from({ length: 32 }, () => message('{ hello }')).join(''));
    await until(() => answers(caller.text) === 32);
    expect(caller.ended).toBe(false);
  });

  it.each([33, 1_000])('%i in one write: 32 are done and answered in order, the last with the end', async (sent) => {
    const { app, socket } = await start();
    const caller = socket();
    caller.write(Array.from({ length: sent }, (_none, index) => add(index)).join(''));
    await until(() => caller.ended);
    expect(idsIn(caller.text)).toEqual(Array.from({ length: 32 }, (_none, index) => `number-${index}`));
    expect(answers(caller.text)).toBe(32);
    expect(caller.text.split('{"data":{"add":{"id":"1"}}}')).toHaveLength(33);
    expect(caller.text.lastIndexOf('connection: close')).toBeGreaterThan(caller.text.lastIndexOf('HTTP/1.1 200'));
    expect(caller.text.split('connection: close')).toHaveLength(2);
    expect(app.events.contexts).toHaveLength(32);
    await until(() => app.load().inFlight === 0);
  });

  it('one by one while the first still waits: the 33rd is not begun, and all before it are answered', async () => {
    const { app, socket } = await start();
    const caller = socket();
    caller.write(message('{ wait }'));
    for (let sent = 1; sent < 40; sent += 1) {
      caller.write(add(sent));
      await until(() => app.events.contexts.length >= Math.min(sent + 1, 32));
    }
    // More than one piece, so that it is not read at once.
    caller.write(Array.from({ length: 3_000 }, (_none, index) => add(index)).join(''));
    app.events.release();
    await until(() => caller.ended);
    expect(answers(caller.text)).toBe(32);
    expect(idsIn(caller.text)).toEqual(['mine-1', ...Array.from({ length: 31 }, (_none, at) => `number-${at + 1}`)]);
    expect(app.events.contexts).toHaveLength(32);
  });

  it('are not answered with a fault when the answers take longer than a request may', async () => {
    const { app, socket } = await start({ timings: { requestTimeoutMs: 100, drainMs: 1_000 } });
    const caller = socket();
    const cut = add(33).slice(0, -5);
    caller.write(message('{ wait }').repeat(32) + cut);
    await until(() => app.load().inFlight === 32);
    await new Promise((resolve) => setTimeout(resolve, 500));
    app.events.release();
    await until(() => caller.ended);
    expect(caller.text.match(/HTTP\/1\.1 \d+/g)).toEqual(Array.from({ length: 32 }, () => 'HTTP/1.1 200'));
  });

  it('make no more of a flood than 33 requests, and are told to the log once', async () => {
    const warnings: unknown[] = [];
    const none = () => {};
    const log = { debug: none, info: none, error: none, warn: (...told: unknown[]) => void warnings.push(told) };
    const { app, socket } = await start({ log });
    const made: unknown[] = [];
    const hear = (message: unknown): void => void made.push(message);
    subscribe('http.server.request.start', hear);
    try {
      const callers = Array.from({ length: 12 }, socket);
      const tiny = 'GET /graphql HTTP/1.1\r\nhost: x\r\n\r\n';
      for (const caller of callers) caller.write(message('{ wait }') + tiny.repeat(5_000));
      await until(() => made.length >= 12 * 33);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(made).toHaveLength(12 * 33);
      // Some may still stand in line on a busy machine, and would wait for ever.
      await until(() => app.load().waiting === 0);
      app.events.release();
      await until(() => callers.every(({ ended }) => ended));
      await until(() => warnings.length > 0);
      // A machine that is busy with other things may have refused some besides.
      const ahead = warnings.filter((told) => Array.isArray(told) && told[0] === 'requests_sent_ahead');
      expect(ahead).toEqual([['requests_sent_ahead', { count: 12 }]]);
      expect(made).toHaveLength(12 * 33);
    } finally {
      unsubscribe('http.server.request.start', hear);
    }
  });

  it.each(['POST', 'GET'])(
    'by %s, hundreds at a time, end their connection with 32 answers, and nobody else waits for them',
    async (method) => {
      const { app, socket, post } = await start();
      const caller = socket();
      const one = method === 'POST' ? message('{ wait }') : 'GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n';
      caller.write(Array.from({ length: 400 }, () => one).join(''));
      if (method === 'POST') await until(() => app.load().inFlight === 32);
      expect((await post('{ hello }')).status).toBe(200);
      app.events.release();
      await until(() => caller.ended);
      expect(caller.text.match(/HTTP\/1\.1 \d+/g)).toHaveLength(32);
      await until(() => app.load().inFlight === 0);
      expect(app.load().waiting).toBe(0);
    },
  );

  it('whose caller leaves meanwhile give back what they hold', async () => {
    const { app, socket } = await start();
    const caller = socket();
    caller.write(message('{ wait }').repeat(400));
    await until(() => app.load().inFlight === 32);
    caller.leave();
    app.events.release();
    await until(() => app.load().inFlight === 0);
  });
});

describe('a pause at low load', () => {
  it.each([100, 400])('of %i ms sheds nothing', async (ms) => {
    const { app, post, socket } = await start();
    const callers = Array.from({ length: 300 }, socket);
    for (const caller of callers) caller.write(message('{ hello }'));
    await until(() => callers.every(({ text }) => text.includes('hello world')));
    // 300 clients in one process with the server are no low load: what the gate made of that it forgets by a step a turn.
    for (let turn = 0; turn < 128; turn += 1) await (await post('{ hello }')).text();
    for (const caller of callers) {
      caller.text = '';
      caller.write(message('{ hello }'));
    }
    // Collecting garbage, ending many streams: nothing moves meanwhile.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    await until(() => callers.every(({ text }) => text.includes('hello world')));
    expect(app.load()).toEqual({ inFlight: 0, waiting: 0, refused: 0 });
  });
});

describe("an operator's key", () => {
  function startGate(operators?: number) {
    const turns: (() => void)[] = [];
    const gate = createGate({
      maxInFlight: 10_000,
      operators,
      clock: { spent: () => 0, atTurnEnd: (run) => void turns.push(run), after: () => undefined },
    });
    return { turns, gate };
  }

  it('lets 128 of each operator stand behind a full line: a crowd of one is a crowd, and takes no room from the others', () => {
    const { turns, gate } = startGate();
    let asked = 0;
    const gone: string[] = [];
    const arrive = (name: string) =>
      gate.arrived({ go: () => void gone.push(name), refuse: () => undefined, privilege: () => ((asked += 1), name) });
    while (asked === 0) arrive('one');
    const line = gate.load().waiting - 1;
    for (let more = 0; more < 10 * line; more += 1) arrive('one');
    expect(gate.load()).toMatchObject({ waiting: line + 128, refused: 9 * line + (line - 127) });
    arrive('two');
    expect(gate.load().waiting).toBe(line + 129);
    expect(
      gate.turnAway(
        () => undefined,
        true,
        () => 'two',
      ),
    ).toBe(false);
    expect(
      gate.turnAway(
        () => undefined,
        true,
        () => 'one',
      ),
    ).toBe(true);
    turns.shift()?.();
    turns.shift()?.();
    turns.shift()?.();
    expect(gone).toContain('two');
    while (gate.load().waiting > 0) turns.shift()?.();
    arrive('one');
    expect(gate.load().waiting).toBe(0);
  });

  it('is looked at no more when all operators there are have their room taken, until one of them goes on', () => {
    const { turns, gate } = startGate(2);
    let asked = 0;
    const arrive = (name: string) =>
      gate.arrived({ go: () => undefined, refuse: () => undefined, privilege: () => ((asked += 1), name) });
    while (asked === 0) arrive('one');
    for (let more = 1; more < 128; more += 1) arrive('one');
    for (let more = 0; more < 128; more += 1) arrive('two');
    expect(asked).toBe(256);
    arrive('one');
    arrive('two');
    expect(asked).toBe(256);
    turns.shift()?.();
    while (asked === 256) arrive('two');
    expect(asked).toBe(257);
  });

  it('counts over a WebSocket too, for an operation and for its handshake', async () => {
    const overload = createOverload({
      answerHeaders: () => ({}),
      corsOrigins: [],
      maxBodyBytes: 1_000,
      maxInFlight: 10_000,
      operatorName: (header) => header('x-gateway-key'),
    });
    const nobody = () => null;
    const ops = (name: string) => (name === 'x-gateway-key' ? 'ops' : null);
    const crowd = Array.from({ length: 3_000 }, async () => overload.enter(nobody));
    const entered = overload.enter(ops);
    expect(overload.turnAway(() => undefined, ops)).toBe(false);
    expect(overload.turnAway(() => undefined, nobody)).toBe(true);
    expect(await entered).not.toBeNull();
    expect(await Promise.all(crowd)).toContain(null);
  });

  it('is asked for only when the line is full, and then stands behind it', () => {
    const { turns, gate } = startGate();
    let asked = 0;
    const told: string[] = [];
    const arrive = (name: string, isPrivileged: boolean) =>
      gate.arrived({
        go: () => void told.push(`${name} goes`),
        refuse: () => void told.push(`${name} is refused`),
        privilege: () => ((asked += 1), isPrivileged ? 'ops' : null),
      });
    while (gate.load().refused === 0) arrive('somebody', false);
    expect(asked).toBe(1);
    const { waiting, refused } = gate.load();
    arrive('operator', true);
    expect(gate.load()).toMatchObject({ waiting: waiting + 1, refused });
    expect(
      gate.turnAway(
        () => undefined,
        true,
        () => 'ops',
      ),
    ).toBe(false);
    expect(
      gate.turnAway(
        () => undefined,
        true,
        () => null,
      ),
    ).toBe(true);
    for (let turn = 0; turn < 50 && !told.includes('operator goes'); turn += 1) turns.shift()?.();
    expect(told).toContain('operator goes');
  });
});
