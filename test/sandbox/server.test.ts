import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Refusal, route } from '../../src/sandbox/routes.js';
import { serve, type RunningService } from '../../src/sandbox/server.js';
import { caller, type SandboxCaller } from '../support/start-sandbox.js';

let service: RunningService;
let call: SandboxCaller;

beforeAll(async () => {
  service = await serve({
    maxBodyBytes: 64,
    guard({ headers }) {
      if (headers['x-stranger']) throw new Refusal(401, 'STRANGER', 'Who are you?');
    },
    refuse: ({ status, headers, reason, details }) => ({ status, headers, json: { code: reason, message: details } }),
    routes: [
      route('GET', '/farms/new', () => ({ text: 'a form' })),
      route('GET', '/farms/:farm', ({ params, query }) => ({
        json: { farm: params.farm, colour: query.get('colour'), all: query.getAll('tag') },
      })),
      route('GET', '/farms/:farm/fields/:field', ({ params }) => ({ json: params })),
      route('POST', '/farms', ({ body, text }) => ({ status: 201, json: { body: body ?? null, text } })),
      route('DELETE', '/farms/:farm', () => ({ status: 202 })),
      route('GET', '/broken', () => {
        throw new Error('the barn burnt down');
      }),
      route('GET', '/later', async () => {
        await Promise.resolve();
        throw new Refusal(429, 'SLOW_DOWN', 'Come back later', { 'retry-after': '7' });
      }),
    ],
  });
  call = caller(service.url);
});
afterAll(() => service.close());

describe('routing', () => {
  it('listens on loopback only', () => {
    expect(service.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('decodes path parts and query', async () => {
    const answer = await call('GET', '/farms/hollow%2Fcreek%20%F0%9F%8C%B1?colour=%2B1+2&tag=a&tag=b');
    expect(answer.json).toEqual({ farm: 'hollow/creek 🌱', colour: '+1 2', all: ['a', 'b'] });
    expect((await call('GET', '/farms/a/fields/b')).json).toEqual({ farm: 'a', field: 'b' });
  });

  it('prefers the earlier of two fitting patterns', async () => {
    const answer = await call('GET', '/farms/new');
    expect([answer.text, answer.headers.get('content-type')]).toEqual(['a form', 'text/plain; charset=utf-8']);
  });

  it.each(['/', '/farm', '/farms/', '/farms/a/', '/farms/a/fields', '//farms/a'])('has nothing at %s', async (path) => {
    const answer = await call('GET', path);
    expect([answer.status, answer.json]).toEqual([
      404,
      { code: 'NOT_FOUND', message: 'The specified resource was not found' },
    ]);
  });

  it('names the methods of a path that lacks the one used', async () => {
    const answer = await call('PUT', '/farms/a', {});
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, DELETE']);
    expect((await call('HEAD', '/farms')).status).toBe(405);
  });

  it('answers HEAD like GET, without the body', async () => {
    const get = await call('GET', '/farms/a');
    const head = await call('HEAD', '/farms/a');
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers.get('content-length')).toBe(String(get.text.length));
  });

  it('refuses a path that cannot be decoded', async () => {
    expect((await call('GET', '/farms/%E0%A4%A')).status).toBe(400);
  });
});

describe('bodies', () => {
  it('parses JSON and keeps its text', async () => {
    const answer = await call('POST', '/farms', '{"amount": 0.10}');
    expect([answer.status, answer.json]).toEqual([201, { body: { amount: 0.1 }, text: '{"amount": 0.10}' }]);
  });

  it('treats no body as undefined and sends an empty answer empty', async () => {
    expect((await call('POST', '/farms')).json).toEqual({ body: null, text: '' });
    const gone = await call('DELETE', '/farms/a');
    expect([gone.status, gone.text, gone.headers.get('content-length'), gone.headers.get('content-type')]).toEqual([
      202,
      '',
      '0',
      null,
    ]);
  });

  it('refuses what is not JSON', async () => {
    expect((await call('POST', '/farms', '{"a":')).status).toBe(400);
    expect((await call('POST', '/farms', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(
      415,
    );
    expect(
      (await call('POST', '/farms', '{}', { 'content-type': 'application/vnd.farm+json; charset=utf-8' })).status,
    ).toBe(201);
  });

  it('refuses a body over the cap, announced or not, and answers the next request', async () => {
    const fits = JSON.stringify('x'.repeat(62));
    expect((await call('POST', '/farms', fits)).status).toBe(201);
    expect((await call('POST', '/farms', `${fits} `)).status).toBe(413);
    const chunked = await new Promise((resolve, reject) => {
      const sending = request(`${service.url}/farms`, { method: 'POST' }, (response) => {
        resolve(response.statusCode);
      });
      sending.once('error', reject);
      for (let part = 0; part < 40; part += 1) sending.write(' '.repeat(10));
      sending.end();
    });
    expect(chunked).toBe(413);
    expect((await call('GET', '/farms/a')).status).toBe(200);
  });
});

describe('refusals', () => {
  it('turns strangers away before it says which paths exist', async () => {
    const answer = await call('GET', '/nothing', undefined, { 'x-stranger': 'yes' });
    expect([answer.status, answer.json]).toEqual([401, { code: 'STRANGER', message: 'Who are you?' }]);
  });

  it('gives refusals of handlers their headers', async () => {
    const answer = await call('GET', '/later');
    expect([answer.status, answer.headers.get('retry-after'), answer.json]).toEqual([
      429,
      '7',
      { code: 'SLOW_DOWN', message: 'Come back later' },
    ]);
  });

  it('survives a handler that breaks', async () => {
    const answer = await call('GET', '/broken');
    expect([answer.status, answer.json]).toEqual([
      500,
      { code: 'INTERNAL_SERVER_ERROR', message: 'the barn burnt down' },
    ]);
  });

  it('survives a client that leaves in the middle of its body', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(service.url).port), '127.0.0.1', () => {
        socket.write('POST /farms HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{"a"', () => {
          socket.destroy();
        });
      });
      socket.once('close', () => {
        resolve();
      });
    });
    expect((await call('GET', '/farms/a')).status).toBe(200);
  });
});

describe('closing', () => {
  it('drops idle connections, frees the port and may be repeated', async () => {
    const other = await serve({ routes: [route('GET', '/', () => ({ text: 'on' }))], refuse: () => ({ status: 500 }) });
    expect((await caller(other.url)('GET', '/')).text).toBe('on');
    await other.close();
    await other.close();
    await expect(caller(other.url)('GET', '/')).rejects.toThrow();
  });

  it('does not wait for answers under way', async () => {
    let arrived: () => void = () => {};
    const underWay = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const other = await serve({
      routes: [
        route('GET', '/', () => {
          arrived();
          return new Promise(() => {});
        }),
      ],
      refuse: () => ({ status: 500 }),
    });
    const unanswered = expect(caller(other.url)('GET', '/')).rejects.toThrow();
    await underWay;
    await other.close();
    await unanswered;
  });
});
